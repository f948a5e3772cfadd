/* SPDX-License-Identifier: Apache-2.0 */

/*
 * From clone to exec. Everything below run() happens in the child, where only system calls and
 * plain memory are allowed; see CSpawn.h. The parent never waits: no CLONE_VFORK, because an exec
 * on a hung file system must stop one program and not the daemon.
 *
 * The child runs in the daemon's own memory (CLONE_VM), on a stack of its own: to copy the page
 * tables of a daemon with a thousand programs, and every page that it then writes to, cost more
 * than all the rest of a start. Hence three rules for the child:
 *   - It writes to its stack alone. What it reads stays as it is until the kernel says, by
 *     clearing attempt->tid, that the child has left this memory, by exec or by death.
 *   - It calls the kernel directly. The C library would write to errno, which is the parent's.
 *   - It never dumps core: on kernels before 5.16 that kills all who share the memory. So signals
 *     that would are given a handler that ends the child; exec sets handlers back to default.
 */

#define _GNU_SOURCE
#include "CSpawn.h"
#include "clone_into.h"
#include "kernel.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC (1U << 2)
#endif

/* Far more than run() and all below it use; nothing there recurses. */
#define STACK_SIZE (24 * 1024)

struct swisord_attempt {
    /* Not 0 while a child is in this memory; cleared by the kernel (CLONE_CHILD_CLEARTID). */
    pid_t tid;
    int channel;
    /* The child's end and the parent's of the gate, or -1. */
    int gate[2];
    struct swisord_spawn_request request;
    _Alignas(16) unsigned char stack[STACK_SIZE];
};

/* The kernel's signal set and highest signal on every architecture Swift runs on. */
typedef uint64_t kernel_sigset;
#define LAST_SIGNAL 64

/* The kernel's struct sigaction, which is not the C library's. */
struct kernel_action {
    void (*handler)(int);
    unsigned long flags;
    void (*restorer)(void);
    kernel_sigset mask;
};
#define ACTION_HAS_RESTORER 0x04000000UL

_Noreturn static void leave_with(int status) {
    for (;;) CALL1(SYS_exit_group, status);
}

_Noreturn static void leave(void) {
    leave_with(127);
}

static void end_without_core(int signal) {
    (void)signal;
    leave();
}

static void set_mask(kernel_sigset new, kernel_sigset *old) {
    CALL4(SYS_rt_sigprocmask, SIG_SETMASK, &new, old, sizeof new);
}

/* When nobody reads any more, the maker has died: the child ends as it does at a closed gate, by a
   status that says so. SIGPIPE, which is blocked here, would look like an end of the program's. */
static void report(int channel, int step, long error, int candidate, int file_exists) {
    struct swisord_spawn_report record = {step, (int32_t)error, candidate, file_exists};
    /* Less than PIPE_BUF into an empty pipe: whole, and without waiting. */
    if (CALL3(SYS_write, channel, &record, sizeof record) < 0) leave_with(SWISORD_NEVER_EXECUTED);
}

/* Reports a step that ended with this result of the kernel's. */
_Noreturn static void fail(int channel, int step, long result) {
    report(channel, step, -result, 0, 0);
    leave();
}

static int dumps_core(int signal) {
    switch (signal) {
    case SIGQUIT: case SIGILL: case SIGTRAP: case SIGABRT: case SIGBUS: case SIGFPE:
    case SIGSEGV: case SIGXCPU: case SIGXFSZ: case SIGSYS: return 1;
    default: return 0;
    }
}

/* Every signal to its default, also those ignored and the two the C library keeps; but for those
   that dump core, which exec sets back. */
static long reset_dispositions(void) {
    const struct kernel_action plain = {0};
    const struct kernel_action guarded = {
        .handler = end_without_core, .flags = ACTION_HAS_RESTORER, .restorer = leave};
    for (int number = 1; number <= LAST_SIGNAL; number++) {
        if (number == SIGKILL || number == SIGSTOP) continue;
        const struct kernel_action *action = dumps_core(number) ? &guarded : &plain;
        long result = CALL4(SYS_rt_sigaction, number, action, NULL, sizeof(kernel_sigset));
        if (result < 0) return result;
    }
    return 0;
}

/* Moves a descriptor out of the way of 0, 1 and 2. */
static long lift(int descriptor) {
    return descriptor > 2 ? descriptor : CALL3(SYS_fcntl, descriptor, F_DUPFD_CLOEXEC, 3);
}

static long place_descriptors(const struct swisord_spawn_request *request) {
    /* All are lifted before any is placed, so none is overwritten before it was used. */
    const int wanted[3] = {request->input, request->output, request->error};
    long lifted[3];
    for (int target = 0; target < 3; target++) {
        lifted[target] = lift(wanted[target]);
        if (lifted[target] < 0) return lifted[target];
    }
    for (int target = 0; target < 3; target++) {
        /* A copy made by dup3 without flags is not close-on-exec. */
        long result = CALL3(SYS_dup3, lifted[target], target, 0);
        if (result < 0) return result;
    }
    return 0;
}

static void close_on_exec(int descriptor) {
    long flags = CALL2(SYS_fcntl, descriptor, F_GETFD);
    if (flags >= 0 && !(flags & FD_CLOEXEC))
        CALL3(SYS_fcntl, descriptor, F_SETFD, flags | FD_CLOEXEC);
}

/* A descriptor's number as /proc spells it, or -1. */
static int number_of(const char *name) {
    int number = 0;
    if (*name == 0) return -1;
    for (; *name; name++) {
        if (*name < '0' || *name > '9') return -1;
        number = number * 10 + (*name - '0');
    }
    return number;
}

/* What close_range does, for kernels before 5.11 and filters that refuse it. */
static void hide_descriptors_slowly(void) {
    long directory =
        CALL3(SYS_openat, AT_FDCWD, "/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory >= 0) {
        _Alignas(struct dirent64) char buffer[4096];
        long length;
        while ((length = CALL3(SYS_getdents64, directory, buffer, sizeof buffer)) > 0) {
            for (long offset = 0; offset < length;) {
                struct dirent64 *entry = (struct dirent64 *)(buffer + offset);
                int number = number_of(entry->d_name);
                if (number > 2) close_on_exec(number);
                offset += entry->d_reclen;
            }
        }
        if (length == 0) return;
    }
    struct rlimit64 limit;
    if (CALL4(SYS_prlimit64, 0, RLIMIT_NOFILE, NULL, &limit) < 0 || limit.rlim_cur > 1 << 20)
        limit.rlim_cur = 1 << 20;
    for (int number = 3; (rlim64_t)number < limit.rlim_cur; number++) close_on_exec(number);
}

/* Nothing above 2 survives the exec, whoever forgot O_CLOEXEC. */
static void hide_descriptors(void) {
    if (CALL3(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC) < 0) hide_descriptors_slowly();
}

/* Closes all but the standard descriptors and two more; where that is refused they stay open until
   the exec. */
static void keep_only(int one, int other) {
    unsigned low = (unsigned)(one < other ? one : other);
    unsigned high = (unsigned)(one < other ? other : one);
    if (low > 3) CALL3(SYS_close_range, 3U, low - 1, 0);
    if (high > low + 1) CALL3(SYS_close_range, low + 1, high - 1, 0);
    CALL3(SYS_close_range, high + 1, ~0U, 0);
}

/* Waits until the parent lets the child go on. At end of file the parent has gone, and nobody knows
   of this child: it ends without having executed.

   Children that wait at the same time have copies of one another's gates, the later ones of the
   earlier ones'. So each closes what it does not need before it waits: at the latest when the last
   one made has found its end of file, the one before it does. */
static void wait_at_gate(int gate, int channel) {
    char go;
    long count;
    keep_only(gate, channel);
    while ((count = CALL3(SYS_read, gate, &go, 1)) == -EINTR) continue;
    if (count != 1) leave_with(SWISORD_NEVER_EXECUTED);
}

static long restore_limits(const struct swisord_spawn_request *request) {
    struct rlimit64 limit;
    if (request->open_files == 0) return 0;
    long result = CALL4(SYS_prlimit64, 0, RLIMIT_NOFILE, NULL, &limit);
    if (result < 0) return result;
    limit.rlim_cur = request->open_files < limit.rlim_max ? request->open_files : limit.rlim_max;
    return CALL4(SYS_prlimit64, 0, RLIMIT_NOFILE, &limit, NULL);
}

/* Whether all ids are those asked for and root is out of reach. */
static long verify_user(uid_t uid, gid_t gid) {
    uid_t users[3];
    gid_t groups[3];
    long result = CALL3(SYS_getresuid, &users[0], &users[1], &users[2]);
    if (result == 0) result = CALL3(SYS_getresgid, &groups[0], &groups[1], &groups[2]);
    if (result < 0) return result;
    for (int kind = 0; kind < 3; kind++)
        if (users[kind] != uid || groups[kind] != gid) return -EPERM;
    return uid != 0 && CALL1(SYS_setuid, 0) == 0 ? -EPERM : 0;
}

/* Groups, then gid, then uid: each needs a right that the next one gives away. */
static void change_user(const struct swisord_spawn_request *request, int channel) {
    gid_t gid = request->gid;
    uid_t uid = request->uid;
    long result = CALL2(SYS_setgroups, request->group_count, request->groups);
    if (result < 0) fail(channel, SWISORD_STEP_GROUPS, result);
    result = CALL3(SYS_setresgid, gid, gid, gid);
    if (result < 0) fail(channel, SWISORD_STEP_GROUP, result);
    result = CALL3(SYS_setresuid, uid, uid, uid);
    if (result < 0) fail(channel, SWISORD_STEP_USER, result);
    result = verify_user(uid, gid);
    if (result < 0) fail(channel, SWISORD_STEP_VERIFY, result);
}

/* Whether a search goes on after this error, as execvp has it. */
static int means_elsewhere(int error) {
    return error == ENOENT || error == ENOTDIR || error == EACCES || error == ESTALE ||
           error == ENODEV || error == ETIMEDOUT;
}

/* Tries the candidates; returns only when none could be executed, having reported the best reason:
   not executable before no interpreter before not there. */
static void execute(const struct swisord_spawn_request *request, int channel) {
    int error = ENOENT, chosen = 0, file_exists = 0;
    for (int index = 0; request->candidates[index]; index++) {
        const char *path = request->candidates[index];
        int reason = (int)-CALL3(SYS_execve, path, request->arguments, request->environment);
        if (!means_elsewhere(reason)) {
            error = reason;
            chosen = index;
            file_exists = 1;
            break;
        }
        if (error == EACCES) continue;
        int exists = reason == ENOENT && CALL3(SYS_faccessat, AT_FDCWD, path, F_OK) == 0;
        if (reason == EACCES || (exists && !file_exists) || index == 0) {
            error = reason;
            chosen = index;
            file_exists = exists;
        }
    }
    set_mask(~(kernel_sigset)0, NULL);
    report(channel, SWISORD_STEP_EXEC, error, chosen, file_exists);
}

/* Passes the listening socket at 0 as 3 too; the report's own number makes way. */
static int pass_socket(int channel) {
    long result = channel == 3 ? CALL3(SYS_fcntl, channel, F_DUPFD_CLOEXEC, 4) : channel;
    if (result < 0) fail(channel, SWISORD_STEP_DESCRIPTORS, result);
    channel = (int)result;
    if ((result = CALL3(SYS_dup3, 0, 3, 0)) < 0) fail(channel, SWISORD_STEP_DESCRIPTORS, result);
    return channel;
}

/* The child: from here to exec nothing is called that could take a lock or write to errno. */
static int run(void *memory) {
    const struct swisord_attempt *attempt = memory;
    const struct swisord_spawn_request *request = &attempt->request;
    long result = lift(attempt->channel);
    if (result < 0) fail(attempt->channel, SWISORD_STEP_DESCRIPTORS, result);
    int channel = (int)result, gate = -1;
    if (request->is_gated) {
        /* First of all, so that a parent that dies now is seen to. */
        CALL1(SYS_close, attempt->gate[1]);
        if ((result = lift(attempt->gate[0])) < 0)
            fail(channel, SWISORD_STEP_DESCRIPTORS, result);
        gate = (int)result;
    }
    if ((result = CALL0(SYS_setsid)) < 0) fail(channel, SWISORD_STEP_SESSION, result);
    if ((result = reset_dispositions()) < 0) fail(channel, SWISORD_STEP_SIGNALS, result);
    if ((result = place_descriptors(request)) < 0)
        fail(channel, SWISORD_STEP_DESCRIPTORS, result);
    if (gate >= 0) wait_at_gate(gate, channel);
    hide_descriptors();
    if (request->passes_socket) channel = pass_socket(channel);
    if ((result = restore_limits(request)) < 0) fail(channel, SWISORD_STEP_LIMITS, result);
    if (request->changes_user) change_user(request, channel);
    if (request->directory && (result = CALL1(SYS_chdir, request->directory)) < 0)
        fail(channel, SWISORD_STEP_DIRECTORY, result);
    if (request->mask >= 0) CALL1(SYS_umask, request->mask);
    report(channel, SWISORD_STEP_EXEC, 0, 0, 0);
    /* Last, so that a signal sent meanwhile acts on a process that is complete. */
    set_mask(0, NULL);
    execute(request, channel);
    leave();
}

struct swisord_attempt *swisord_attempt_make(void) {
    struct swisord_attempt *attempt = malloc(sizeof *attempt);
    if (attempt) attempt->tid = 0;
    return attempt;
}

int swisord_attempt_is_over(const struct swisord_attempt *attempt) {
    return __atomic_load_n(&attempt->tid, __ATOMIC_ACQUIRE) == 0;
}

void swisord_attempt_free(struct swisord_attempt *attempt) {
    pid_t tid;
    while ((tid = __atomic_load_n(&attempt->tid, __ATOMIC_ACQUIRE)) != 0)
        syscall(SYS_futex, &attempt->tid, FUTEX_WAIT, tid, NULL, NULL, 0);
    free(attempt);
}

int swisord_let_go(int gate) {
    ssize_t count;
    while ((count = send(gate, "", 1, MSG_NOSIGNAL)) < 0 && errno == EINTR) continue;
    return count == 1 ? 0 : -1;
}

/* A child in this memory: its pid, or the negative of an error number. */
static long make_child(struct swisord_attempt *attempt, int *cgroup_error) {
    const struct swisord_spawn_request *request = &attempt->request;
    uint64_t flags = CLONE_VM | CLONE_CHILD_CLEARTID | (request->is_sibling ? CLONE_PARENT : 0);
    if (request->cgroup >= 0) {
        long pid = swisord_clone_into(request->cgroup, flags, &attempt->tid, attempt->stack,
                                      STACK_SIZE, run, attempt);
        if (pid > 0 || pid == -EAGAIN || pid == -ENOMEM) return pid;
        *cgroup_error = (int)-pid;
    }
    /* With CLONE_PARENT the kernel takes the signal that this process itself ends with. */
    pid_t pid = clone(run, attempt->stack + STACK_SIZE, (int)flags | SIGCHLD, attempt, NULL, NULL,
                      &attempt->tid);
    return pid < 0 ? -errno : pid;
}

struct swisord_spawn_result swisord_spawn(const struct swisord_spawn_request *request,
                                          struct swisord_attempt *attempt) {
    struct swisord_spawn_result result = {
        .pid = -1, .report = -1, .gate = -1, .step = SWISORD_STEP_PIPE};
    int ends[2], gate[2] = {-1, -1};
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) {
        result.error_number = errno;
        return result;
    }
    /* A socket, because a byte into a pipe whose reader has died is a SIGPIPE. */
    if (request->is_gated && socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, gate) != 0) {
        result.error_number = errno;
        close(ends[0]);
        close(ends[1]);
        return result;
    }
    attempt->request = *request;
    attempt->channel = ends[1];
    attempt->gate[0] = gate[0];
    attempt->gate[1] = gate[1];
    attempt->tid = 1;
    /* No handler of the parent may run in the child. */
    kernel_sigset before;
    set_mask(~(kernel_sigset)0, &before);
    long pid = make_child(attempt, &result.cgroup_error);
    set_mask(before, NULL);
    close(ends[1]);
    if (gate[0] >= 0) close(gate[0]);
    if (pid < 0) {
        attempt->tid = 0;
        close(ends[0]);
        if (gate[1] >= 0) close(gate[1]);
        result.step = SWISORD_STEP_FORK;
        result.error_number = (int)-pid;
        return result;
    }
    result.pid = (pid_t)pid;
    result.report = ends[0];
    result.gate = gate[1];
    result.step = 0;
    return result;
}
