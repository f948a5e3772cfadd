/* SPDX-License-Identifier: Apache-2.0 */

/* The calls of the log threads that Swift's view of Glibc does not show. */

#define _GNU_SOURCE
#include "CSpawn.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

ssize_t swisord_splice(int from, int to, size_t count) {
    return splice(from, NULL, to, NULL, count, SPLICE_F_NONBLOCK | SPLICE_F_MOVE);
}

ssize_t swisord_tee(int from, int to, size_t count) {
    return tee(from, to, count, SPLICE_F_NONBLOCK);
}

void swisord_store_word(uint64_t *word, uint64_t value) {
    __atomic_store_n(word, value, __ATOMIC_RELEASE);
}

int swisord_open_directory(const char *path) {
    struct open_how how = {
        .flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
        .resolve = RESOLVE_NO_SYMLINKS,
    };
    return (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof how);
}

uint64_t swisord_file_generation(int file) {
    union {
        struct file_handle head;
        char bytes[sizeof(struct file_handle) + MAX_HANDLE_SZ];
    } handle = {.head.handle_bytes = MAX_HANDLE_SZ};
    int mount = 0;
    if (name_to_handle_at(file, "", &handle.head, &mount, AT_EMPTY_PATH) == 0) {
        uint64_t hash = 0xcbf29ce484222325; /* FNV-1a */
        for (unsigned i = 0; i < handle.head.handle_bytes; i++)
            hash = (hash ^ handle.head.f_handle[i]) * 0x100000001b3;
        return hash;
    }
    struct statx status;
    if (statx(file, "", AT_EMPTY_PATH, STATX_BTIME, &status) != 0) return 0;
    if ((status.stx_mask & STATX_BTIME) == 0) return 0;
    return (uint64_t)status.stx_btime.tv_sec * 1000000000 + status.stx_btime.tv_nsec;
}

int swisord_alarm_make(void) {
    return timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
}

void swisord_alarm_set(int alarm, int64_t delay) {
    struct itimerspec time = {
        .it_value = {.tv_sec = delay / 1000000000, .tv_nsec = delay % 1000000000},
    };
    (void)timerfd_settime(alarm, 0, &time, NULL);
}

int swisord_act_as(uid_t uid, gid_t gid) {
    /* The group first where rights are given up, last where they are taken back: only who has
       CAP_SETGID may set it. Neither call fails visibly; asking for an impossible id tells. */
    if (uid != 0) setfsgid(gid);
    setfsuid(uid);
    if (uid == 0) setfsgid(gid);
    if ((uid_t)setfsuid((uid_t)-1) == uid && (gid_t)setfsgid((gid_t)-1) == gid) return 0;
    errno = EPERM;
    return -1;
}
