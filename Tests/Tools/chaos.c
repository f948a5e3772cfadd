/* SPDX-License-Identifier: Apache-2.0 */

/*
 * chaos SWISORD CHATTER FOLDER KILLS SEED: kills a manager, its guardian and its programs at random.
 *
 * To be run as PID 1 of a pid namespace. The programs (chatter.c) write numbered records and note
 * in shared memory what they have written and how they end. Some of them are guests: reloads take
 * them in and out, or have them restarted. Afterwards the logs must hold exactly
 * that, without colours and messages that are complete, and at each look in between the daemon must know each program's present run and how the
 * one before it ended. What it finds is printed as figures; the exit status is 1 when one of them
 * is not 0 that should be.
 */

#define _GNU_SOURCE
#include "chaos.h"
#include "chaos_configuration.h"
#include "chaos_logs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LONG_WAIT 100000
static const char *swisord, *chatter, *folder;
static struct chaos_table *table;
static unsigned seed;
static pid_t daemon_pid;
static int managers_killed, guardians_killed, programs_killed, stopped, reloads;
static int are_guests_there = 1;
static unsigned looks, compared, wrong, unknown;
static double longest_silence;

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static unsigned roll(unsigned sides) {
    return (unsigned)rand_r(&seed) % sides;
}

static void rest(unsigned microseconds) {
    struct timeval time = {microseconds / 1000000, microseconds % 1000000};
    select(0, NULL, NULL, NULL, &time);
}

/* PID 1 gets the orphans of a guardian that was killed. */
static void collect(void) {
    while (waitpid(-1, NULL, WNOHANG) > 0) continue;
}

static void give_up(const char *what) {
    fprintf(stderr, "chaos: %s (errno: %s)\n", what, strerror(errno));
    exit(2);
}

static void say(char *text, size_t size, const char *name) {
    snprintf(text, size, "%s/%s", folder, name);
}

/* --- The daemon --- */

static void configure(void) {
    char path[512], draft[512];
    say(path, sizeof path, "s.yaml");
    say(draft, sizeof draft, "s.yaml.new");
    write_configuration(draft, folder, chatter, are_guests_there, reloads);
    if (rename(draft, path) != 0) give_up(path);
}

/* A manager that is killed before it has read the file leaves things as they are. */
static void reload(void) {
    configure();
    if (kill(daemon_pid, SIGHUP) == 0) reloads++;
}

static void start_daemon(void) {
    char path[512], output[512];
    say(path, sizeof path, "s.yaml");
    say(output, sizeof output, "output");
    daemon_pid = fork();
    if (daemon_pid < 0) give_up("fork");
    if (daemon_pid > 0) return;
    int descriptor = open(output, O_WRONLY | O_CREAT | O_APPEND, 0600);
    int null = open("/dev/null", O_RDONLY);
    dup2(null, 0);
    dup2(descriptor, 1);
    dup2(descriptor, 2);
    setenv("SWIFT_BACKTRACE", "enable=no", 1);
    execl(swisord, "swisord", "-n", "-c", path, (char *)NULL);
    _exit(127);
}

/* What a GET answers, or NULL; the buffer is the caller's until the next call. */
static char *ask(const char *target) {
    static char answer[1 << 20];
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s/run/swisord.sock", folder);
    int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct timeval limit = {LONG_WAIT / 1000, 0};
    setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    size_t length = 0;
    if (connect(client, (struct sockaddr *)&address, sizeof address) == 0) {
        char request[256];
        snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nConnection: close\r\n\r\n", target);
        if (send(client, request, strlen(request), MSG_NOSIGNAL) > 0) {
            ssize_t count;
            while ((count = recv(client, answer + length, sizeof answer - 1 - length, 0)) > 0)
                length += (size_t)count;
        }
    }
    close(client);
    answer[length] = 0;
    char *body = strstr(answer, "\r\n\r\n");
    return body && strncmp(answer, "HTTP/1.1 200", 12) == 0 && length > 0 &&
                   answer[length - 1] == '\n'
               ? body + 4
               : NULL;
}

/* Waits until the daemon answers, however many managers it takes. */
static char *insist(const char *target) {
    double from = now();
    for (;;) {
        collect();
        char *body = ask(target);
        if (body) {
            if (now() - from > longest_silence) longest_silence = now() - from;
            return body;
        }
        if (now() - from > LONG_WAIT) give_up("the daemon does not answer");
        rest(1000);
    }
}

/* A manager that dies before it is up for the first time takes its guardian along. */
static void await_start(void) {
    insist("/v1/programs");
    for (int slot = 0; slot < CHAOS_SLOTS; slot++)
        for (double from = now(); table->slots[slot].count == 0; rest(1000))
            if (now() - from > LONG_WAIT) give_up("a program does not start");
    rest(300000);
}

/* The value of a number in a JSON object's text, or `missing`. */
static int number_in(const char *object, const char *end, const char *key, int missing) {
    const char *found = strstr(object, key);
    return found && found < end ? atoi(found + strlen(key)) : missing;
}

/* The guardian's child that has its name and no session of its own, as programs have. */
static pid_t manager_pid(void) {
    char path[64], text[4096];
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", daemon_pid, daemon_pid);
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = descriptor < 0 ? 0 : read(descriptor, text, sizeof text - 1);
    if (descriptor >= 0) close(descriptor);
    text[length > 0 ? length : 0] = 0;
    for (char *next = strtok(text, " \n"); next; next = strtok(NULL, " \n")) {
        char name[32] = "";
        snprintf(path, sizeof path, "/proc/%s/comm", next);
        descriptor = open(path, O_RDONLY | O_CLOEXEC);
        if (descriptor < 0) continue;
        if (read(descriptor, name, sizeof name - 1) < 0) name[0] = 0;
        close(descriptor);
        if (strncmp(name, "swisord", 7) == 0 && getsid(atoi(next)) != atoi(next)) return atoi(next);
    }
    return 0;
}

/* --- Comparing --- */

static struct chaos_run *run_of(int slot, pid_t pid) {
    struct chaos_slot *own = &table->slots[slot];
    for (int index = own->count - 1; index >= 0 && index >= own->count - 3; index--)
        if (own->runs[index].pid == pid) return &own->runs[index];
    return NULL;
}

/* Whether the kernel keeps the status of what others have reaped: Linux 6.15. Before that, the end
   of a program that outlives its guardian cannot always be known. */
static int kernel_keeps_status(void) {
    struct utsname name;
    int major = 0, minor = 0;
    if (uname(&name) != 0) return 0;
    sscanf(name.release, "%d.%d", &major, &minor);
    return major > 6 || (major == 6 && minor >= 15);
}

/* Whether the run may have ended so: as it said itself, or by what it was sent. */
static int may_have_ended(const struct chaos_run *run, int end) {
    return end == run->end || (run->killed && end == -run->killed);
}

/* Whether there was a run in between that is in no table: a guest may be asked to end before it is
   itself, by its signal or because its manager died before it let it go. */
static int may_have_noted_nothing(const char *exit, const char *end, int ended) {
    const char *why = strstr(exit, "the manager ended before the program was executed");
    return ended == -SIGTERM || (why && why < end);
}

/* One program in a list: is what it says of the run before the present one true? */
static void compare(const char *object, const char *end) {
    int slot = number_in(object, end, "\"name\":\"", -1);
    pid_t pid = number_in(object, end, "\"pid\":", 0);
    const char *exit = strstr(object, "\"exit\":{");
    if (slot < 0 || slot >= CHAOS_SLOTS || pid == 0 || !exit || exit > end) return;
    const char *brace = strchr(exit, '}');
    int code = number_in(exit, brace, "\"code\":", -1);
    int ended = code >= 0 ? code : -number_in(exit, brace, "\"signal\":", 0);
    struct chaos_run *run = run_of(slot, pid);
    if (!run || run == table->slots[slot].runs) return;
    compared++;
    if (may_have_ended(run - 1, ended)) return;
    if (CHAOS_KIND(slot) == CHAOS_GUESTS && may_have_noted_nothing(exit, brace, ended)) return;
    if (ended == 0) unknown++;
    wrong++;
    fprintf(stderr, "chaos: %02d ended with %d (or by %d), and is said to have ended with %d\n",
            slot, run[-1].end, run[-1].killed, ended);
}

static void look(void) {
    char *body = insist("/v1/programs");
    looks++;
    /* Each object has this key once, and all that is wanted behind it. */
    static const char mark[] = "\"autostart\":";
    for (char *object = strstr(body, mark), *next; object; object = next) {
        next = strstr(object + 1, mark);
        compare(object, next ? next : object + strlen(object));
    }
}

/* --- Killing --- */

static void kill_program(void) {
    static const int signals[] = {SIGKILL, SIGKILL, SIGTERM, SIGSEGV};
    struct chaos_slot *slot = &table->slots[roll(CHAOS_SLOTS)];
    if (slot->count == 0) return;
    struct chaos_run *run = &slot->runs[slot->count - 1];
    int signal = signals[roll(4)];
    if (run->pid == 0 || run->end != 0 || run->killed) return;
    run->killed = signal;
    if (kill(run->pid, signal) == 0) programs_killed++;
}

static void kill_manager(void) {
    pid_t manager = manager_pid();
    if (manager > 0 && kill(manager, SIGKILL) == 0) managers_killed++;
}

static void stop_manager(void) {
    pid_t manager = manager_pid();
    if (manager <= 0 || kill(manager, SIGSTOP) != 0) return;
    stopped++;
    rest(roll(20000));
    kill(manager, SIGCONT);
}

/* Has all guests come. */
static void invite(void) {
    int counts[CHAOS_EACH];
    are_guests_there = 1;
    struct chaos_slot *guests = &table->slots[CHAOS_GUESTS * CHAOS_EACH];
    for (int index = 0; index < CHAOS_EACH; index++) counts[index] = guests[index].count;
    reload();
    for (int index = 0; index < CHAOS_EACH; index++)
        for (double from = now(); guests[index].count == counts[index]; rest(1000))
            if (now() - from > LONG_WAIT) give_up("a guest does not come");
}

/* Waits until each slot has a run that does not end by itself. */
static void calm_down(void) {
    /* Another number each time: what a run has seen of the last time does not count. */
    static int times;
    table->is_calm = ++times;
    for (int slot = 0; slot < CHAOS_SLOTS; slot++) {
        struct chaos_slot *own = &table->slots[slot];
        double from = now();
        for (;; rest(1000)) {
            struct chaos_run *run = &own->runs[own->count - 1];
            if (run->calm == (uint32_t)times && run->end == 0 && !run->killed) break;
            if (now() - from > LONG_WAIT) give_up("a program does not calm down");
        }
    }
}

/* The guardian first; the manager goes on alone. Then the manager: programs go on alone, and a new
   daemon takes them back. Nobody who could end would be seen by anybody, so all wait meanwhile. */
static void kill_guardian(void) {
    look(), invite(), rest(100000);
    char *body = insist("/v1/daemon");
    pid_t manager = number_in(body, body + strlen(body), "\"manager_pid\":", 0);
    if (manager <= 0) give_up("the daemon names no manager");
    kill(daemon_pid, SIGKILL);
    guardians_killed++;
    rest(50000);
    look();
    calm_down();
    kill(manager, SIGKILL);
    managers_killed++;
    /* As long as it is on its way out it holds the lock. */
    for (double from = now(); kill(manager, 0) == 0; rest(1000), collect())
        if (now() - from > LONG_WAIT) give_up("a manager does not end");
    start_daemon();
    await_start();
    table->is_calm = 0;
}

static void rage(int kills) {
    double shown = now();
    for (int done = 0; done < kills; done = managers_killed + guardians_killed + programs_killed) {
        unsigned dice = roll(1000);
        /* Once at least, however short it is. */
        if (dice < 4 || (guardians_killed == 0 && done >= kills / 2)) kill_guardian();
        else if (dice < 300) kill_manager();
        else if (dice < 320) stop_manager();
        else if (dice < 400) are_guests_there = roll(3) != 0, reload();
        else kill_program();
        collect();
        rest(roll(4) ? roll(3000) : roll(40000));
        if (roll(20) == 0) look();
        if (now() - shown > 10000) {
            shown = now();
            fprintf(stderr, "chaos: %d managers, %d guardians, %d programs killed so far\n",
                    managers_killed, guardians_killed, programs_killed);
        }
    }
}

/* Nobody ends any more and nobody writes; what is in the pipes gets into the logs. */
static void settle(void) {
    table->is_over = 1;
    rest(300000);
    look();
    kill(daemon_pid, SIGTERM);
    for (double from = now(); kill(daemon_pid, 0) == 0; rest(1000), collect())
        if (now() - from > LONG_WAIT) give_up("the daemon does not end");
}

int main(int count, char **words) {
    char path[512];
    if (count != 6) return 2;
    swisord = words[1], chatter = words[2], folder = words[3];
    seed = (unsigned)atoi(words[5]);
    say(path, sizeof path, "table");
    int descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0 || ftruncate(descriptor, sizeof *table) != 0) give_up(path);
    table = mmap(NULL, sizeof *table, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    if (table == MAP_FAILED) give_up("mmap");
    table->seed = seed;
    configure();
    start_daemon();
    await_start();
    double from = now();
    rage(atoi(words[4]));
    double took = now() - from;
    settle();
    struct reading sum = {0};
    read_logs(&sum, table, folder);
    long runs = 0;
    for (int slot = 0; slot < CHAOS_SLOTS; slot++) runs += table->slots[slot].count;
    printf("chaos: %d kills in %.1f s (seed %s): %d of managers, %d of guardians, %d of programs; "
           "%d managers stopped, %d reloads\n",
           managers_killed + guardians_killed + programs_killed, took / 1e3, words[5],
           managers_killed, guardians_killed, programs_killed, stopped, reloads);
    printf("chaos: %ld runs, %.1f MB of records: %lu bytes lost, %lu doubled, %lu torn\n", runs,
           (double)sum.records * CHAOS_RECORD / 1e6, sum.lost * CHAOS_RECORD,
           sum.doubled * CHAOS_RECORD, sum.torn * CHAOS_RECORD);
    printf("chaos: %lu bytes of colours and messages without an end: %lu lost\n", sum.strays,
           sum.missing);
    printf("chaos: %u statuses compared in %u looks: %u lost, %u wrong; %u programs doubled; "
           "longest silence %.0f ms\n",
           compared, looks, unknown, wrong - unknown, table->doubles, longest_silence);
    if (!kernel_keeps_status()) wrong -= unknown;
    return sum.lost || sum.doubled || sum.torn || sum.missing || wrong || table->doubles || compared == 0;
}
