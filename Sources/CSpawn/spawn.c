/* SPDX-License-Identifier: Apache-2.0 */

/*
 * From clone to exec. Everything below run() happens in the child, where only system calls and
 * plain memory are allowed; see CSpawn.h. The parent never waits: no CLONE_VFORK, because an exec
 * on a hung file system must stop one program and not the daemon.
 */

#define _GNU_SOURCE
#include "CSpawn.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC (1U << 2)
#endif

/* The kernel's signal set and highest signal on every architecture Swift runs on. */
typedef uint64_t kernel_sigset;
#define LAST_SIGNAL 64

static void set_mask(kernel_sigset new, kernel_sigset *old) {
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &new, old, sizeof new);
}

static void report(int channel, int step, int error, int candidate, int file_exists) {
    struct swisord_spawn_report record = {step, error, candidate, file_exists};
    /* Less than PIPE_BUF into an empty pipe: whole, and without waiting. */
    if (write(channel, &record, sizeof record) < 0) _exit(127);
}

_Noreturn static void fail(int channel, int step) {
    report(channel, step, errno, 0, 0);
    _exit(127);
}

/* Every signal to its default, also those ignored and the two the C library keeps. */
static int reset_dispositions(void) {
    /* Zero is SIG_DFL, no flags, empty mask; larger than any kernel's struct sigaction. */
    unsigned long action[16] = {0};
    for (int number = 1; number <= LAST_SIGNAL; number++) {
        if (number == SIGKILL || number == SIGSTOP) continue;
        if (syscall(SYS_rt_sigaction, number, action, NULL, sizeof(kernel_sigset)) != 0) return -1;
    }
    return 0;
}

/* Moves a descriptor out of the way of 0, 1 and 2. */
static int lift(int descriptor) {
    return descriptor > 2 ? descriptor : fcntl(descriptor, F_DUPFD_CLOEXEC, 3);
}

static int place_descriptors(const struct swisord_spawn_request *request) {
    /* All are lifted before any is placed, so none is overwritten before it was used. */
    int input = lift(request->input);
    int output = lift(request->output);
    int error = lift(request->error);
    if (input < 0 || output < 0 || error < 0) return -1;
    /* A copy made by dup2 is not close-on-exec, and no two numbers are equal here. */
    if (dup2(input, 0) < 0 || dup2(output, 1) < 0 || dup2(error, 2) < 0) return -1;
    return 0;
}

static void close_on_exec(int descriptor) {
    int flags = fcntl(descriptor, F_GETFD);
    if (flags >= 0 && !(flags & FD_CLOEXEC)) fcntl(descriptor, F_SETFD, flags | FD_CLOEXEC);
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
    int directory = open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory >= 0) {
        _Alignas(struct dirent64) char buffer[4096];
        long length;
        while ((length = syscall(SYS_getdents64, directory, buffer, sizeof buffer)) > 0) {
            for (long offset = 0; offset < length;) {
                struct dirent64 *entry = (struct dirent64 *)(buffer + offset);
                int number = number_of(entry->d_name);
                if (number > 2) close_on_exec(number);
                offset += entry->d_reclen;
            }
        }
        if (length == 0) return;
    }
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur > 1 << 20) limit.rlim_cur = 1 << 20;
    for (int number = 3; (rlim_t)number < limit.rlim_cur; number++) close_on_exec(number);
}

/* Nothing above 2 survives the exec, whoever forgot O_CLOEXEC. */
static void hide_descriptors(void) {
    if (syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC) != 0) hide_descriptors_slowly();
}

static int restore_limits(const struct swisord_spawn_request *request) {
    struct rlimit limit;
    if (request->open_files == 0) return 0;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return -1;
    limit.rlim_cur = request->open_files < limit.rlim_max ? request->open_files : limit.rlim_max;
    return setrlimit(RLIMIT_NOFILE, &limit);
}

/* Whether all ids are those asked for and root is out of reach. */
static int verify_user(uid_t uid, gid_t gid) {
    uid_t real, effective, saved;
    gid_t real_group, effective_group, saved_group;
    if (getresuid(&real, &effective, &saved) != 0) return -1;
    if (getresgid(&real_group, &effective_group, &saved_group) != 0) return -1;
    errno = EPERM;
    if (real != uid || effective != uid || saved != uid) return -1;
    if (real_group != gid || effective_group != gid || saved_group != gid) return -1;
    if (uid != 0 && syscall(SYS_setuid, 0) == 0) {
        errno = EPERM;
        return -1;
    }
    return 0;
}

/* Groups, then gid, then uid: each needs a right that the next one gives away. */
static int change_user(const struct swisord_spawn_request *request) {
    gid_t gid = request->gid;
    uid_t uid = request->uid;
    if (syscall(SYS_setgroups, request->group_count, request->groups) != 0)
        return SWISORD_STEP_GROUPS;
    if (syscall(SYS_setresgid, gid, gid, gid) != 0) return SWISORD_STEP_GROUP;
    if (syscall(SYS_setresuid, uid, uid, uid) != 0) return SWISORD_STEP_USER;
    return verify_user(uid, gid) == 0 ? 0 : SWISORD_STEP_VERIFY;
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
        execve(path, request->arguments, request->environment);
        int reason = errno;
        if (!means_elsewhere(reason)) {
            report(channel, SWISORD_STEP_EXEC, reason, index, 1);
            return;
        }
        if (error == EACCES) continue;
        int exists = reason == ENOENT && access(path, F_OK) == 0;
        if (reason == EACCES || (exists && !file_exists) || index == 0) {
            error = reason;
            chosen = index;
            file_exists = exists;
        }
    }
    report(channel, SWISORD_STEP_EXEC, error, chosen, file_exists);
}

/* The child: from here to exec nothing is called that could take a lock. */
_Noreturn static void run(const struct swisord_spawn_request *request, int channel) {
    int safe_channel = lift(channel);
    if (safe_channel < 0) fail(channel, SWISORD_STEP_DESCRIPTORS);
    channel = safe_channel;
    if (setsid() < 0) fail(channel, SWISORD_STEP_SESSION);
    if (reset_dispositions() != 0) fail(channel, SWISORD_STEP_SIGNALS);
    if (place_descriptors(request) != 0) fail(channel, SWISORD_STEP_DESCRIPTORS);
    hide_descriptors();
    if (restore_limits(request) != 0) fail(channel, SWISORD_STEP_LIMITS);
    if (request->changes_user) {
        int step = change_user(request);
        if (step != 0) fail(channel, step);
    }
    if (request->directory && chdir(request->directory) != 0) fail(channel, SWISORD_STEP_DIRECTORY);
    if (request->mask >= 0) umask((mode_t)request->mask);
    /* Last, so that a signal sent meanwhile acts on a process that is complete. */
    set_mask(0, NULL);
    report(channel, SWISORD_STEP_EXEC, 0, 0, 0);
    execute(request, channel);
    _exit(127);
}

/* A fork without the C library's handlers and locks. Containers that filter system calls refuse
   clone3 with EPERM or ENOSYS, old kernels do not know it: clone can do the same. */
static pid_t clone_process(void) {
    struct clone_args arguments;
    memset(&arguments, 0, sizeof arguments);
    arguments.exit_signal = SIGCHLD;
    long pid = syscall(SYS_clone3, &arguments, sizeof arguments);
    if (pid < 0 && (errno == ENOSYS || errno == EPERM || errno == EINVAL))
        pid = syscall(SYS_clone, (unsigned long)SIGCHLD, 0UL, 0UL, 0UL, 0UL);
    return (pid_t)pid;
}

struct swisord_spawn_result swisord_spawn(const struct swisord_spawn_request *request) {
    struct swisord_spawn_result result = {-1, -1, SWISORD_STEP_PIPE, 0};
    int ends[2];
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) {
        result.error_number = errno;
        return result;
    }
    /* No handler of the parent may run in the child. */
    kernel_sigset before;
    set_mask(~(kernel_sigset)0, &before);
    pid_t pid = clone_process();
    if (pid == 0) run(request, ends[1]);
    int error = errno;
    set_mask(before, NULL);
    close(ends[1]);
    if (pid < 0) {
        close(ends[0]);
        result.step = SWISORD_STEP_FORK;
        result.error_number = error;
        return result;
    }
    result.pid = pid;
    result.report = ends[0];
    result.step = 0;
    return result;
}
