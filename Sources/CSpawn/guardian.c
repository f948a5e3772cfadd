/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The guardian: a parent that cannot fail because there is next to nothing in it.
 *
 * It starts the manager, keeps descriptors for it, tells it which children have ended, and starts
 * it again when it dies. It allocates nothing once it runs, parses no text, opens no file and has
 * no timer while nothing is amiss. What must hold:
 *   - A child's exit stays with the kernel (WNOWAIT) until a manager has said that it knows it for
 *     good. Only then is the child reaped, so no pid is another's before. One is told at a time.
 *   - A manager that died between an exit and its acknowledgement leaves it to the next, and none
 *     is told anything before it listens: it would drop it, and nobody would ever acknowledge.
 *   - waitid(P_ALL, WNOWAIT) shows the same child again and again, and one that waits for its
 *     acknowledgement would hide the manager's own death: the manager is looked after by its pid.
 *   - What a manager sent before it died counts: its socket is read to the end first.
 */

#define _GNU_SOURCE
#include "guardian-state.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Numbers that stay free for a socket pair and whatever else a restart needs. */
#define SPARE_NUMBERS 16
/* The most packets read before signals and deaths get their turn. */
#define TURN 256
/* More managers than this must die of a signal that asks for the end before that is enforced. */
#define LAST_FAILURES 4

/* More than five crashes in a minute: one try in ten seconds. */
static const struct swisord_guardian_limits default_limits = {
    .burst = 5, .window = 60000, .pause = 10000, .patience = 10000, .retry = 1000};

static struct swisord_guardian the_guardian;
/* An entry of the environment, rewritten for each manager. */
static char manager_entry[] = "SWISORD_MANAGER=0000000000";

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * (int64_t)1000 + time.tv_nsec / 1000000;
}

/* The manager's end is closed: it has died, is about to, or is not itself any more. */
static void channel_ended(struct swisord_guardian *g) {
    swisord_close_if_open(&g->channel);
    if (!g->farewell && g->next < 0) g->due[SWISORD_DUE_CLOSE] = now() + g->limits.patience;
}

/* Takes what has come, but not more than gets in a turn; whether there may be more. */
static int receive(struct swisord_guardian *g) {
    struct swisord_guardian_message m;
    int descriptors[SWISORD_GUARDIAN_BATCH];
    size_t count;
    for (int turn = 0; g->channel >= 0 && turn < TURN; turn++) {
        int result = swisord_guardian_receive(g->channel, &m, descriptors, &count);
        if (result == 0) channel_ended(g);
        if (result > 0) swisord_guardian_take(g, &m, sizeof m, descriptors, count);
        if (result < 0 && errno == EMFILE) g->refused++;
        /* A manager that left answers unread is told once by ECONNRESET, before what it said. */
        if (result < 0 && errno != EBADMSG && errno != EMFILE && errno != ECONNRESET) return 0;
    }
    return g->channel >= 0;
}

static int sent(struct swisord_guardian *g, const struct swisord_guardian_message *m,
                const int *descriptors) {
    if (swisord_guardian_send(g->channel, m, descriptors, descriptors ? m->count : 0) == 0)
        return 1;
    if (errno == EAGAIN)
        g->is_full = 1;
    else /* ETOOMANYREFS, ENOBUFS: nothing tells when there is room again. */
        g->due[SWISORD_DUE_SEND] = now() + g->limits.retry / 10 + 1;
    return 0;
}

static uint32_t recent_crashes(const struct swisord_guardian *g) {
    uint32_t recent = 0, kept = g->crash_count < SWISORD_CRASHES ? g->crash_count : SWISORD_CRASHES;
    int64_t begin = now() - g->limits.window;
    for (uint32_t index = 0; index < kept; index++)
        if (g->crashes[index] > begin) recent++;
    return recent;
}

static int sent_welcome(struct swisord_guardian *g) {
    struct swisord_guardian_message m = {
        .kind = SWISORD_WELCOME, .value = SWISORD_GUARDIAN_VERSION, .count = g->text_length,
        .code = g->last_code, .status = g->last_status, .flags = g->flags, .start = g->start,
        .guardian = getpid(), .crashes = recent_crashes(g), .open_files = g->open_files};
    memcpy(m.text, g->text, g->text_length);
    return sent(g, &m, NULL);
}

static int sent_stored(struct swisord_guardian *g) {
    struct swisord_guardian_message m = {.kind = SWISORD_STORED, .value = -1};
    int descriptors[SWISORD_GUARDIAN_BATCH];
    for (int slot = g->cursor; slot <= g->highest; slot++) {
        if (g->store[slot] == 0) continue;
        if (m.count == SWISORD_GUARDIAN_BATCH) {
            m.value = slot;
            break;
        }
        m.slots[m.count] = slot;
        descriptors[m.count++] = g->store[slot] - 1;
    }
    return sent(g, &m, descriptors);
}

/* Looks for a child that has ended and leaves it as it is; 0 for none. The manager's own death is
   seen when its SIGCHLD, which is pending, ends the next wait. */
static pid_t ended(const struct swisord_guardian *g, siginfo_t *info) {
    info->si_pid = 0;
    if (waitid(P_ALL, 0, info, WEXITED | WNOHANG | WNOWAIT | __WALL) != 0) return 0;
    return info->si_pid == g->manager ? 0 : info->si_pid;
}

/* Tells one exit, if there is any. */
static void tell(struct swisord_guardian *g) {
    siginfo_t info;
    if (!ended(g, &info)) return;
    struct swisord_guardian_message m = {.kind = SWISORD_EXIT, .value = info.si_pid,
                                         .code = info.si_code, .status = info.si_status};
    if (!sent(g, &m, NULL)) return;
    g->told = info.si_pid;
    g->due[SWISORD_DUE_ACK] = now() + g->limits.patience;
}

/* Lets go of the child whose exit the manager knows for good. */
static void reap(struct swisord_guardian *g) {
    if (!g->is_acknowledged) return;
    siginfo_t info;
    waitid(P_PID, (id_t)g->told, &info, WEXITED | WNOHANG | __WALL);
    g->reaped = g->told;
    g->told = g->is_acknowledged = 0;
}

static int sent_reaped(struct swisord_guardian *g) {
    siginfo_t next;
    struct swisord_guardian_message m = {
        .kind = SWISORD_REAPED, .value = g->reaped, .count = ended(g, &next) != 0};
    return sent(g, &m, NULL);
}

static int sent_refused(struct swisord_guardian *g) {
    struct swisord_guardian_message m = {.kind = SWISORD_REFUSED, .count = g->refused};
    return sent(g, &m, NULL);
}

static int has_room(const struct swisord_guardian *g) {
    return g->channel >= 0 && !g->is_full && !g->due[SWISORD_DUE_SEND];
}

/* Sends what the manager is owed, as long as there is room. */
static void answer(struct swisord_guardian *g) {
    if (g->owes_welcome && has_room(g)) g->owes_welcome = !sent_welcome(g);
    if (g->owes_stored && has_room(g)) g->owes_stored = !sent_stored(g);
    if (g->reaped && has_room(g) && sent_reaped(g)) g->reaped = 0;
    if (g->refused && has_room(g) && sent_refused(g)) g->refused = 0;
    if (g->listens && !g->told && !g->reaped && has_room(g)) tell(g);
}

/* The manager's life. */

/* The one who goes on instead says why: in the words of the manager that could not be. */
static void tell_why_not(int channel, int error) {
    struct swisord_guardian_message m = {.kind = SWISORD_FAILED};
    int length = snprintf(m.text, sizeof m.text, "it cannot be executed: %s", strerror(error));
    m.count = (uint32_t)length;
    swisord_guardian_send(channel, &m, NULL, 0);
}

_Noreturn static void become_manager(struct swisord_guardian *g, int channel) {
    const struct sigaction normal = {.sa_handler = SIG_DFL};
    for (int signal = 1; signal <= 64; signal++) sigaction(signal, &normal, NULL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = g->open_files < files.rlim_max ? g->open_files : files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    fcntl(channel, F_SETFD, 0);
    snprintf(manager_entry, sizeof manager_entry, "SWISORD_MANAGER=%d", channel);
    int executable = g->trial >= 0 ? g->trial : g->executable;
    fexecve(executable, g->argv, environ);
    /* A filter may refuse execveat; then by a path, as long as there is one. */
    char path[32];
    snprintf(path, sizeof path, "/proc/self/fd/%d", executable);
    execve(path, g->argv, environ);
    if (g->trial < 0)
        execve((const char *)getauxval(AT_EXECFN), g->argv, environ);
    else
        tell_why_not(channel, errno);
    _exit(127);
}

/* Standard input, which is empty and takes everything, stands in for the outputs. */
static void give_up_outputs(void) {
    unsetenv("SWISORD_READY");
    for (int output = 1; output <= 2; output++)
        if (dup2(0, output) < 0) close(output);
}

static void start(struct swisord_guardian *g) {
    int ends[2] = {-1, -1};
    pid_t pid = -1;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == 0)
        pid = fork();
    if (pid == 0) become_manager(g, ends[1]);
    swisord_close_if_open(&ends[1]);
    if (pid < 0) {
        swisord_close_if_open(&ends[0]);
        g->due[SWISORD_DUE_START] = now() + g->limits.retry;
        return;
    }
    /* Whoever waits for word may also wait for the end of our output. */
    if (g->ready >= 0) give_up_outputs();
    swisord_close_if_open(&g->ready);
    g->due[SWISORD_DUE_START] = 0;
    g->manager = pid;
    g->channel = ends[0];
    g->start++;
    if (g->trial >= 0) g->due[SWISORD_DUE_READY] = now() + g->limits.patience;
    if (g->ending) g->held |= SWISORD_SIGNAL_BIT(g->ending);
}

static void forget_manager(struct swisord_guardian *g) {
    swisord_close_if_open(&g->channel);
    memset(g->due, 0, sizeof g->due);
    g->manager = g->told = g->reaped = 0;
    g->listens = g->is_acknowledged = g->owes_welcome = g->owes_stored = g->is_full = 0;
}

/* A manager has ended: whether there is to be another, and when. */
static int goes_on_after(struct swisord_guardian *g, const siginfo_t *info) {
    while (receive(g)) continue;
    reap(g);
    forget_manager(g);
    g->last_code = info->si_code;
    g->last_status = info->si_status;
    if (g->farewell) return 0;
    if (!g->established) {
        g->result = info->si_code == CLD_EXITED ? info->si_status : 128 + info->si_status;
        return 0;
    }
    int64_t time = now();
    g->due[SWISORD_DUE_START] = time;
    if (g->trial >= 0) {
        swisord_close_if_open(&g->trial);
        swisord_close_if_open(&g->next);
        g->flags = SWISORD_ROLLED_BACK;
    } else if (g->next >= 0) {
        g->trial = g->next;
        g->next = -1;
        g->flags = SWISORD_UPGRADED;
    } else {
        g->crashes[g->crash_count++ % SWISORD_CRASHES] = time;
        g->result = 1;
        if (g->ending) return g->failures++ < LAST_FAILURES;
        if (recent_crashes(g) > g->limits.burst) g->due[SWISORD_DUE_START] = time + g->limits.pause;
    }
    return 1;
}

/* Whether something has come of the manager. */
static int has_news(pid_t manager, siginfo_t *info, int options) {
    info->si_pid = 0;
    return waitid(P_PID, (id_t)manager, info, options | WNOHANG | __WALL) == 0 &&
           info->si_pid != 0;
}

/* The manager has ended: 0 when its end is the guardian's. It is collected last, because the kernel
   takes milliseconds to forget what /proc has shown of it, and the next one can start meanwhile. */
static int succeed(struct swisord_guardian *g, siginfo_t *info) {
    pid_t old = g->manager;
    int goes_on = goes_on_after(g, info);
    if (goes_on && g->due[SWISORD_DUE_START] <= now()) start(g);
    has_news(old, info, WEXITED);
    return goes_on;
}

/* Sees the manager stop, continue and end; 0 when its end is the guardian's. */
static int attend(struct swisord_guardian *g) {
    siginfo_t info;
    while (g->manager) {
        if (has_news(g->manager, &info, WEXITED | WNOWAIT)) return succeed(g, &info);
        if (!has_news(g->manager, &info, WSTOPPED | WCONTINUED)) break;
        if (info.si_code == CLD_CONTINUED)
            g->due[SWISORD_DUE_CONTINUE] = 0;
        else
            g->due[SWISORD_DUE_CONTINUE] = now() + g->limits.patience;
    }
    return 1;
}

/* Does what is due; 0 when the guardian is to end without the manager. */
static int keep_deadlines(struct swisord_guardian *g) {
    int64_t time = now();
    if (g->due[SWISORD_DUE_SEND] <= time) g->due[SWISORD_DUE_SEND] = 0;
    if (g->farewell && !g->due[SWISORD_DUE_LEAVE])
        g->due[SWISORD_DUE_LEAVE] = time + g->limits.patience / 4 + 1;
    if (!g->manager) return 1;
    for (int which = SWISORD_DUE_ACK; which < SWISORD_DEADLINES; which++) {
        if (g->due[which] == 0 || g->due[which] > time) continue;
        g->due[which] = 0;
        kill(g->manager, SIGKILL);
    }
    return !g->farewell || g->due[SWISORD_DUE_LEAVE] > time;
}

/* Waits for a signal, a packet or the first deadline. */
static void rest(struct swisord_guardian *g) {
    int64_t first = 0;
    for (int which = 0; which < SWISORD_DEADLINES; which++)
        if (g->due[which] && (!first || g->due[which] < first)) first = g->due[which];
    int64_t left = first - now();
    if (left < 0) left = 0;
    if (left > INT32_MAX) left = INT32_MAX;
    struct pollfd watched[2] = {{.fd = g->signals, .events = POLLIN},
                                {.fd = g->channel, .events = POLLIN}};
    if (g->is_full) watched[1].events |= POLLOUT;
    if (poll(watched, 2, first ? (int)left : -1) <= 0) return;
    if (watched[1].revents & POLLOUT) g->is_full = 0;
}

struct swisord_guardian_limits swisord_guardian_usual_limits(void) {
    return default_limits;
}

static int prepare(struct swisord_guardian *g, char *const *argv, int ready,
                   const struct swisord_guardian_limits *limits) {
    swisord_guardian_begin(g);
    g->limits = limits ? *limits : default_limits;
    g->argv = argv;
    g->ready = ready;
    unsetenv("SWISORD_GUARDIAN");
    putenv(manager_entry);
    if (ready >= 0) fcntl(ready, F_SETFD, 0);
    g->executable = open("/proc/self/exe", O_PATH | O_CLOEXEC);
    const char *path = (const char *)getauxval(AT_EXECFN);
    if (g->executable < 0 && path) g->executable = open(path, O_PATH | O_CLOEXEC);
    if (g->executable < 0) return -1;
    /* Programs of the same user are not to take descriptors out of here. */
    prctl(PR_SET_DUMPABLE, 0UL, 0UL, 0UL, 0UL);
    if (getpid() != 1) prctl(PR_SET_CHILD_SUBREAPER, 1UL, 0UL, 0UL, 0UL);
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0) return -1;
    g->open_files = files.rlim_cur;
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    g->too_high = files.rlim_max > INT32_MAX ? INT32_MAX : (int)files.rlim_max;
    g->too_high -= SPARE_NUMBERS;
    /* Left alone: what the processor raises, and what stops a job of the shell, manager and all. */
    const int left[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT,
                        SIGTSTP, SIGTTIN, SIGTTOU};
    sigset_t taken;
    sigfillset(&taken);
    for (size_t index = 0; index < sizeof left / sizeof *left; index++)
        sigdelset(&taken, left[index]);
    /* An ignored SIGCHLD would have the kernel reap. */
    signal(SIGCHLD, SIG_DFL);
    sigprocmask(SIG_SETMASK, &taken, NULL);
    return g->signals = signalfd(-1, &taken, SFD_CLOEXEC | SFD_NONBLOCK);
}

int swisord_guardian_run(char *const *argv, int ready,
                         const struct swisord_guardian_limits *limits) {
    struct swisord_guardian *g = &the_guardian;
    if (prepare(g, argv, ready, limits) < 0) return 1;
    g->due[SWISORD_DUE_START] = now();
    for (;;) {
        if (!g->manager && g->due[SWISORD_DUE_START] <= now()) start(g);
        swisord_guardian_pass_on(g);
        reap(g);
        answer(g);
        rest(g);
        swisord_guardian_read_signals(g);
        receive(g);
        if (!attend(g) || !keep_deadlines(g)) return g->result;
    }
}
