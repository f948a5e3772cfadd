// SPDX-License-Identifier: Apache-2.0

/*
 * Heat in a square plate: a small stand-in for a numerical program that crashes.
 *
 * The left edge of the plate is held at 100 degrees and the other three at 0. The solver relaxes
 * the temperature inside with Gauss-Seidel sweeps; one sweep is one step. The residual is the
 * largest change of a step, and the problem is solved once it falls below the tolerance.
 *
 * Every so many steps the whole state goes to a checkpoint: written beside it, flushed to disk and
 * renamed over it, so that there is always one complete checkpoint, whatever happens. A start that
 * finds a checkpoint goes on from there.
 *
 * At the steps given with --segfault-at the program stores through a wild pointer and the kernel
 * kills it with SIGSEGV. The checkpoint remembers that this crash has happened, so a restarted
 * solver computes the lost steps again and passes that step. Without a supervisor the job ends at
 * its first crash; with one it ends when it is solved.
 *
 * Exit status: 0 solved, 1 a file could not be read or written, 2 wrong usage.
 */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { MAX_CRASHES = 32, MIN_GRID = 3, MAX_GRID = 4096 };

/* What a checkpoint file holds: this header, then grid * grid doubles. */
struct state {
    char magic[8];
    uint64_t grid;
    uint64_t step;
    uint64_t checksum;                /* of the cells */
    uint64_t crash_count;
    uint64_t crashes[MAX_CRASHES];    /* the steps at which a crash has already happened */
    double cells[];
};

struct options {
    uint64_t grid, checkpoint_every, report_every;
    double tolerance, pace;           /* pace: seconds a step takes at least */
    const char *checkpoint, *solution;
    uint64_t segfault_at[MAX_CRASHES];
    size_t segfault_count;
};

static const char MAGIC[8] = "HEAT 01";
static volatile sig_atomic_t told_to_stop;

static void fail(int status, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fputs("solver: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(status);
}

static size_t cells_size(uint64_t grid) { return (size_t)(grid * grid) * sizeof(double); }

/* FNV-1a over the cells: enough to tell a damaged checkpoint from a good one. */
static uint64_t checksum(const struct state *state) {
    const unsigned char *bytes = (const unsigned char *)state->cells;
    uint64_t hash = 14695981039346656037u;
    for (size_t i = 0; i < cells_size(state->grid); i++) hash = (hash ^ bytes[i]) * 1099511628211u;
    return hash;
}

static struct state *cold_plate(uint64_t grid) {
    struct state *state = calloc(1, sizeof *state + cells_size(grid));
    if (!state) fail(1, "no memory for a grid of %" PRIu64, grid);
    memcpy(state->magic, MAGIC, sizeof MAGIC);
    state->grid = grid;
    for (uint64_t row = 0; row < grid; row++) state->cells[row * grid] = 100;
    return state;
}

/* ---- Files ----------------------------------------------------------------------------------- */

/* Replaces `path` by `bytes` so that a reader sees the old content or the new, never a part. */
static void replace_file(const char *path, const void *bytes, size_t count) {
    char beside[PATH_MAX];
    if ((size_t)snprintf(beside, sizeof beside, "%s.tmp", path) >= sizeof beside)
        fail(1, "%s: the name is too long", path);
    int file = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (file < 0) fail(1, "cannot create %s: %s", beside, strerror(errno));
    for (size_t done = 0; done < count;) {
        ssize_t n = write(file, (const char *)bytes + done, count - done);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) fail(1, "cannot write %s: %s", beside, strerror(errno));
        done += (size_t)n;
    }
    if (fsync(file) || close(file)) fail(1, "cannot flush %s: %s", beside, strerror(errno));
    if (rename(beside, path)) fail(1, "cannot rename %s: %s", beside, strerror(errno));
}

static void save(const char *path, struct state *state) {
    if (!path) return;
    state->checksum = checksum(state);
    replace_file(path, state, sizeof *state + cells_size(state->grid));
}

/* Fills `state` from the checkpoint; false when there is none. */
static bool load(const char *path, struct state *state) {
    FILE *file = path ? fopen(path, "rb") : NULL;
    if (!file && (!path || errno == ENOENT)) return false;
    if (!file) fail(1, "cannot open %s: %s", path, strerror(errno));
    struct state header;
    if (fread(&header, sizeof header, 1, file) != 1 || memcmp(header.magic, MAGIC, sizeof MAGIC)
        || header.crash_count > MAX_CRASHES)
        fail(1, "%s is not a checkpoint of this program", path);
    if (header.grid != state->grid)
        fail(1, "%s holds a grid of %" PRIu64 ", not %" PRIu64, path, header.grid, state->grid);
    memcpy(state, &header, sizeof header);
    bool whole = fread(state->cells, cells_size(state->grid), 1, file) == 1;
    if (!whole || checksum(state) != state->checksum) fail(1, "%s is damaged", path);
    fclose(file);
    return true;
}

/* Writes the plate as a grey picture (PGM) that any image viewer shows. */
static void write_solution(const char *path, const struct state *state) {
    size_t count = (size_t)(state->grid * state->grid);
    char *picture = malloc(count + 64);
    if (!picture) fail(1, "no memory for the picture");
    int length = snprintf(picture, 64, "P5 %" PRIu64 " %" PRIu64 " 255\n", state->grid, state->grid);
    for (size_t i = 0; i < count; i++)
        picture[(size_t)length + i] = (char)(unsigned char)(state->cells[i] * 2.55);
    replace_file(path, picture, (size_t)length + count);
    free(picture);
}

/* ---- The computation ------------------------------------------------------------------------- */

/* One Gauss-Seidel sweep over the inside of the plate; returns the largest change. */
static double sweep(struct state *state) {
    const size_t width = (size_t)state->grid;
    double largest = 0;
    for (size_t row = 1; row + 1 < width; row++) {
        for (size_t column = 1; column + 1 < width; column++) {
            double *cell = &state->cells[row * width + column];
            double mean = (cell[-1] + cell[1] + *(cell - width) + cell[width]) / 4;
            largest = fmax(largest, fabs(mean - *cell));
            *cell = mean;
        }
    }
    state->step++;
    return largest;
}

/* Crashes if this step asks for it and has not crashed before; `saved` is the last checkpoint. */
static void crash_where_asked(const struct options *options, uint64_t step, struct state *saved) {
    bool wanted = false;
    for (size_t i = 0; i < options->segfault_count; i++) wanted |= options->segfault_at[i] == step;
    for (uint64_t i = 0; i < saved->crash_count; i++) wanted &= saved->crashes[i] != step;
    if (!wanted || saved->crash_count == MAX_CRASHES) return;
    saved->crashes[saved->crash_count++] = step;
    save(options->checkpoint, saved);
    printf("step %" PRIu64 ": something is wrong with this pointer\n", step);
    volatile double *wild = (double *)(uintptr_t)0x5eed8;
    *wild = 0;
}

static void pause_for(double seconds) {
    struct timespec time = {(time_t)seconds, (long)((seconds - floor(seconds)) * 1e9)};
    if (seconds > 0) nanosleep(&time, NULL);
}

static void solve(const struct options *options, struct state *state) {
    const size_t size = sizeof *state + cells_size(state->grid);
    struct state *saved = malloc(size);
    if (!saved) fail(1, "no memory for the checkpoint");
    memcpy(saved, state, size);
    for (double residual = INFINITY; residual >= options->tolerance;) {
        residual = sweep(state);
        if (state->step % options->report_every == 0)
            printf("step %" PRIu64 "  residual %.3e\n", state->step, residual);
        crash_where_asked(options, state->step, saved);
        if (told_to_stop || state->step % options->checkpoint_every == 0) {
            memcpy(state->crashes, saved->crashes, sizeof saved->crashes);
            state->crash_count = saved->crash_count;
            memcpy(saved, state, size);
            save(options->checkpoint, saved);
        }
        if (told_to_stop) {
            printf("stopped at step %" PRIu64 ", checkpoint written\n", state->step);
            signal(told_to_stop, SIG_DFL);
            raise(told_to_stop);
        }
        pause_for(options->pace);
    }
    free(saved);
}

/* ---- The command line ------------------------------------------------------------------------ */

static const char USAGE[] =
    "usage: solver [options]\n"
    "  --grid N               cells along an edge (default 64)\n"
    "  --tolerance T          solved when a step changes less than this (default 1e-4)\n"
    "  --pace TIME            how long a step takes at least: 20ms, 0.5s (default 0)\n"
    "  --report-every N       print the residual every N steps (default 25)\n"
    "  --checkpoint FILE      go on from FILE if it is there, and write to it\n"
    "  --checkpoint-every N   how often, in steps (default 100)\n"
    "  --segfault-at N,N,...  crash at these steps, once each; needs --checkpoint\n"
    "  --solution FILE        write the solved plate as a PGM picture\n";

static uint64_t whole_number(const char *text, const char *option, uint64_t least, uint64_t most) {
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (errno || end == text || *end || *text == '-' || value < least || value > most)
        fail(2, "--%s wants a whole number from %" PRIu64 " to %" PRIu64 ", not '%s'", option,
             least, most, text);
    return value;
}

/* A positive number of seconds ("0.5", "0.5s", "20ms"), or a plain one where no unit is allowed. */
static double number(const char *text, const char *option, bool units) {
    char *end;
    double value = strtod(text, &end);
    bool known = end != text;
    if (units && !strcmp(end, "ms")) value /= 1000;
    else known &= !*end || (units && !strcmp(end, "s"));
    if (!known || !(value >= 0) || value > 3600) fail(2, "--%s: bad value '%s'", option, text);
    return value;
}

static void read_steps(char *list, struct options *options) {
    for (char *next; (next = strsep(&list, ",")) != NULL;) {
        if (options->segfault_count == MAX_CRASHES) fail(2, "at most %d crashes", MAX_CRASHES);
        options->segfault_at[options->segfault_count++] =
            whole_number(next, "segfault-at", 1, UINT64_MAX);
    }
}

static struct options read_options(int count, char **arguments) {
    struct options options = {.grid = 64, .checkpoint_every = 100, .report_every = 25,
                              .tolerance = 1e-4};
    static const struct option known[] = {
        {"grid", 1, 0, 'g'}, {"tolerance", 1, 0, 't'}, {"pace", 1, 0, 'p'},
        {"report-every", 1, 0, 'r'}, {"checkpoint", 1, 0, 'c'}, {"checkpoint-every", 1, 0, 'e'},
        {"segfault-at", 1, 0, 's'}, {"solution", 1, 0, 'o'}, {"help", 0, 0, 'h'}, {0, 0, 0, 0}};
    for (int letter; (letter = getopt_long(count, arguments, "", known, NULL)) != -1;) {
        switch (letter) {
        case 'g': options.grid = whole_number(optarg, "grid", MIN_GRID, MAX_GRID); break;
        case 't': options.tolerance = number(optarg, "tolerance", false); break;
        case 'p': options.pace = number(optarg, "pace", true); break;
        case 'r': options.report_every = whole_number(optarg, "report-every", 1, INT_MAX); break;
        case 'c': options.checkpoint = optarg; break;
        case 'e':
            options.checkpoint_every = whole_number(optarg, "checkpoint-every", 1, INT_MAX);
            break;
        case 's': read_steps(optarg, &options); break;
        case 'o': options.solution = optarg; break;
        case 'h': fputs(USAGE, stdout); exit(0);
        default: fputs(USAGE, stderr); exit(2);
        }
    }
    if (optind < count) fail(2, "unexpected argument '%s'", arguments[optind]);
    if (options.segfault_count && !options.checkpoint)
        fail(2, "--segfault-at needs --checkpoint, or no restart could ever pass that step");
    return options;
}

static void remember(int signal) { told_to_stop = signal; }

int main(int count, char **arguments) {
    struct options options = read_options(count, arguments);
    setvbuf(stdout, NULL, _IOLBF, 0);
    struct sigaction action = {.sa_handler = remember};
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);

    struct state *state = cold_plate(options.grid);
    if (load(options.checkpoint, state))
        printf("resuming from %s at step %" PRIu64 "\n", options.checkpoint, state->step);
    else
        printf("starting with a cold plate of %" PRIu64 " x %" PRIu64 "\n", options.grid,
               options.grid);
    solve(&options, state);

    if (options.solution) write_solution(options.solution, state);
    printf("solved after %" PRIu64 " steps\n", state->step);
    if (options.checkpoint) unlink(options.checkpoint);   /* the next start is a new problem */
    free(state);
    return 0;
}
