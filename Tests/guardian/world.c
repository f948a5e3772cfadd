/* SPDX-License-Identifier: Apache-2.0 */

/* The kernel that guardian.c is played before; world.h says how. */

#include "world.h"

struct world w;

static int fake_clock(clockid_t clock, struct timespec *time) {
    (void)clock;
    w.time += w.tick;
    time->tv_sec = w.time / 1000;
    time->tv_nsec = w.time % 1000 * 1000000;
    return 0;
}

static int fake_send(int channel, const struct swisord_guardian_message *message,
                     const int *descriptors, size_t count) {
    check(channel >= 0);
    errno = w.send_error;
    if (w.send_error) return -1;
    struct packet *packet = &w.sent[w.sent_count++ % 64];
    packet->message = *message;
    packet->count = count;
    if (count) memcpy(packet->descriptors, descriptors, count * sizeof(int));
    return 0;
}

static int fake_receive(int channel, struct swisord_guardian_message *message, int *descriptors,
                        size_t *count) {
    check(channel >= 0);
    errno = EAGAIN;
    if (w.incoming_next == w.incoming_count) return -1;
    const struct packet *packet = &w.incoming[w.incoming_next++];
    *message = packet->message;
    *count = packet->count;
    memcpy(descriptors, packet->descriptors, sizeof packet->descriptors);
    errno = packet->error;
    return packet->result;
}

static int fake_waitid(idtype_t type, id_t id, siginfo_t *info, int options) {
    info->si_pid = 0;
    if (w.wait_error) return -1;
    check(options & WNOHANG);
    if (type == P_PID && id == MANAGER) {
        if (w.manager_next == w.manager_count) return 0;
        const siginfo_t *next = &w.manager[w.manager_next];
        int is_end = next->si_code == CLD_EXITED || next->si_code == CLD_KILLED ||
                     next->si_code == CLD_DUMPED;
        if (!(options & (is_end ? WEXITED : WSTOPPED))) return 0;
        *info = *next;
        if (!(options & WNOWAIT)) w.manager_next++;
        return 0;
    }
    for (int index = 0; index < w.child_count; index++) {
        struct child *child = &w.children[index];
        if (child->was_reaped || (type == P_PID && child->pid != (pid_t)id)) continue;
        info->si_pid = child->pid;
        info->si_code = child->code;
        info->si_status = child->status;
        if (!(options & WNOWAIT)) child->was_reaped = 1;
        return 0;
    }
    return 0;
}

static int fake_socketpair(int domain, int type, int protocol, int ends[2]) {
    errno = w.pair_error;
    return w.pair_error ? -1 : socketpair(domain, type, protocol, ends);
}

static pid_t fake_fork(void) {
    w.forks++;
    w.is_ahead = w.manager_next < w.manager_count;
    errno = w.fork_error;
    if (w.fork_error) return -1;
    return w.is_child ? 0 : MANAGER;
}

static int fake_fexecve(int descriptor, char *const *argv, char *const *envp) {
    check(descriptor >= 0 && argv && envp);
    w.executed = descriptor;
    return -1;
}

static int fake_execve(const char *path, char *const *argv, char *const *envp) {
    check(argv && envp);
    w.executed_path = path;
    w.executions++;
    return -1;
}

static void fake_exit(int status) {
    w.result = status;
    longjmp(w.over, 1);
}

static int fake_kill(pid_t pid, int signal) {
    check(pid == MANAGER && signal == SIGKILL);
    w.kills++;
    return 0;
}

static int fake_sigqueue(pid_t pid, int signal, const union sigval value) {
    check(pid == MANAGER);
    if (signal == 64) w.passed_at_64 = 1;
    else w.passed_on |= 1ULL << signal;
    w.passed_sender = (uint64_t)(uintptr_t)value.sival_ptr;
    return 0;
}

static int fake_dup2(int descriptor, int target) {
    check(descriptor == 0);
    w.given_up |= 1 << target;
    return target == 2 ? -1 : target;
}

static int fake_close(int descriptor) {
    w.given_up |= 1 << (descriptor + 8);
    return 0;
}

static ssize_t fake_read(int descriptor, void *buffer, size_t length) {
    (void)descriptor;
    check(length >= 2 * sizeof *w.signals);
    int count = w.signal_count - w.signal_next;
    if (count == 0) return -1;
    if (count > 2) count = 2;
    memcpy(buffer, w.signals + w.signal_next, (size_t)count * sizeof *w.signals);
    w.signal_next += count;
    return count * (ssize_t)sizeof *w.signals;
}

static int fake_open(const char *path, int flags) {
    if (w.open_failures > 0) {
        w.open_failures--;
        return -1;
    }
    return open(path, flags);
}

static unsigned long fake_getauxval(unsigned long type) {
    return w.no_path ? 0 : getauxval(type);
}

static int fake_getrlimit(int resource, struct rlimit *limit) {
    check(resource == RLIMIT_NOFILE);
    *limit = (struct rlimit){1024, w.hard_limit};
    return w.limit_error ? -1 : 0;
}

static int fake_setrlimit(int resource, const struct rlimit *limit) {
    check(resource == RLIMIT_NOFILE && limit->rlim_cur <= limit->rlim_max);
    return 0;
}

static int fake_prctl(int option, unsigned long a, unsigned long b, unsigned long c,
                      unsigned long d) {
    (void)b, (void)c, (void)d;
    if (option == PR_SET_CHILD_SUBREAPER) w.subreaper = (int)a;
    return 0;
}

static int fake_signalfd(int descriptor, const sigset_t *mask, int flags) {
    if (w.signalfd_error) return -1;
    check(!sigismember(mask, SIGTSTP) && !sigismember(mask, SIGSEGV) && sigismember(mask, SIGTERM));
    return signalfd(descriptor, mask, flags);
}

static int fake_mask(int how, const sigset_t *set, sigset_t *old) {
    (void)how, (void)set, (void)old;
    return 0;
}

static int fake_action(int signal, const struct sigaction *action, struct sigaction *old) {
    (void)signal, (void)old;
    check(action->sa_handler == SIG_DFL);
    return 0;
}

static pid_t fake_getpid(void) {
    return w.own_pid;
}

static int fake_poll(struct pollfd *watched, nfds_t count, int timeout) {
    check(count == 2 && watched[0].fd >= 0);
    w.last_timeout = timeout;
    w.last_events = watched[1].events;
    w.scene(++w.turn);
    watched[1].revents = w.is_writable && watched[1].events & POLLOUT ? POLLOUT : 0;
    int is_ready = watched[1].revents != 0 || w.incoming_next < w.incoming_count;
    return is_ready ? 1 : 0;
}

/* The functions that the guardian calls, by the names of the play. */
#define clock_gettime fake_clock
#define swisord_guardian_send fake_send
#define swisord_guardian_receive fake_receive
#define waitid fake_waitid
#define socketpair fake_socketpair
#define fork fake_fork
#define fexecve fake_fexecve
#define execve fake_execve
#define _exit fake_exit
#define kill fake_kill
#define sigqueue fake_sigqueue
#define read fake_read
#define dup2 fake_dup2
#define close fake_close
#define open fake_open
#define getauxval fake_getauxval
#define getrlimit fake_getrlimit
#define setrlimit fake_setrlimit
#define prctl fake_prctl
#define signalfd(...) fake_signalfd(__VA_ARGS__)
#define sigprocmask fake_mask
#define sigaction(...) fake_action(__VA_ARGS__)
#define getpid fake_getpid
#define poll fake_poll
#pragma clang diagnostic ignored "-Winvalid-noreturn"
#include "guardian.c"
#include "guardian-signals.c"

int play(const char *name, void (*scene)(int turn), const struct swisord_guardian_limits *limits,
         int ready) {
    static char *arguments[] = {"guardian", NULL};
    int failures = w.failures;
    memset(&w, 0, sizeof w);
    w.failures = failures;
    w.name = name;
    w.scene = scene;
    w.time = 1000000;
    w.own_pid = OURSELVES;
    w.hard_limit = 4096;
    w.result = -1;
    swisord_guardian_reset(&the_guardian);
    scene(0);
    if (setjmp(w.over) == 0) w.result = swisord_guardian_run(arguments, ready, limits);
    return w.result;
}

void curtain(void) {
    longjmp(w.over, 1);
}

static struct packet *next_packet(void) {
    /* What was read makes room. */
    if (w.incoming_next == w.incoming_count) w.incoming_next = w.incoming_count = 0;
    struct packet *packet = &w.incoming[w.incoming_count++];
    memset(packet, 0, sizeof *packet);
    packet->result = 1;
    return packet;
}

void say(uint32_t kind, int32_t value) {
    struct packet *packet = next_packet();
    packet->message.kind = kind;
    packet->message.value = value;
}

void establish(void) {
    say(SWISORD_HELLO, SWISORD_GUARDIAN_VERSION);
    say(SWISORD_LISTEN, 0);
    say(SWISORD_READY, 0);
}

void say_slots(uint32_t kind, uint32_t count, int32_t first, size_t descriptors) {
    struct packet *packet = next_packet();
    packet->message.kind = kind;
    packet->message.count = count;
    for (int index = 0; index < SWISORD_GUARDIAN_BATCH; index++)
        packet->message.slots[index] = first + index;
    packet->count = descriptors;
    for (size_t index = 0; index < descriptors; index++) packet->descriptors[index] = dup(0);
}

void say_nothing(int result, int error) {
    struct packet *packet = next_packet();
    packet->result = result;
    packet->error = error;
}

void manager_does(int code, int status) {
    if (w.manager_next == w.manager_count) w.manager_next = w.manager_count = 0;
    siginfo_t *info = &w.manager[w.manager_count++];
    info->si_pid = MANAGER;
    info->si_code = code;
    info->si_status = status;
}

void child_ends(pid_t pid, int status) {
    w.children[w.child_count++] = (struct child){pid, CLD_EXITED, status, 0};
}

void signal_comes(int signal, int code, uint32_t pid) {
    struct signalfd_siginfo *info = &w.signals[w.signal_count++];
    info->ssi_signo = (uint32_t)signal;
    info->ssi_code = code;
    info->ssi_pid = pid;
    info->ssi_uid = 7;
}

const struct swisord_guardian_message *last(uint32_t kind) {
    static const struct swisord_guardian_message none;
    if (w.sent_count == 0) {
        check(!"nothing was sent");
        return &none;
    }
    const struct swisord_guardian_message *message = &w.sent[(w.sent_count - 1) % 64].message;
    check(message->kind == kind);
    return message;
}
