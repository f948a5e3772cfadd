/* SPDX-License-Identifier: Apache-2.0 */

/* What the C library of 2022 has no wrappers for; pidfd.h says what it is for. */

#define _GNU_SOURCE
#include "pidfd.h"

#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <stddef.h>
#include <unistd.h>

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424
#endif

#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif

/* PID_FS_MAGIC of linux/magic.h. */
#define PIDFS_MAGIC 0x50494446

/* struct pidfd_info of linux/pidfd.h, in its first size; the kernel takes any from this one on. */
struct pidfd_info_64 {
    uint64_t mask;
    uint64_t cgroup;
    uint32_t pid, tgid, ppid;
    uint32_t ruid, rgid, euid, egid, suid, sgid, fsuid, fsgid;
    int32_t exit_code;
};
_Static_assert(sizeof(struct pidfd_info_64) == 64, "the size is part of the request's number");

#define PIDFD_GET_INFO_64 _IOWR(0xFF, 11, struct pidfd_info_64)
#define PIDFD_INFO_EXIT_BIT 8u

int swisord_pidfd_open(pid_t pid) {
    return (int)syscall(SYS_pidfd_open, pid, 0u);
}

int swisord_pidfd_send(int descriptor, int signal) {
    return (int)syscall(SYS_pidfd_send_signal, descriptor, signal, NULL, 0u);
}

uint64_t swisord_pidfd_inode(int descriptor) {
    struct statfs place;
    struct stat file;
    if (fstatfs(descriptor, &place) != 0 || (uint64_t)place.f_type != PIDFS_MAGIC) return 0;
    return fstat(descriptor, &file) == 0 ? (uint64_t)file.st_ino : 0;
}

int swisord_pidfd_status(int descriptor, int32_t *status) {
    struct pidfd_info_64 info = {.mask = PIDFD_INFO_EXIT_BIT};
    if (ioctl(descriptor, PIDFD_GET_INFO_64, &info) == 0 && (info.mask & PIDFD_INFO_EXIT_BIT)) {
        *status = info.exit_code;
        return 1;
    }
    return 0;
}

int swisord_pidfd_copy(int descriptor, int number) {
    return (int)syscall(SYS_pidfd_getfd, descriptor, number, 0u);
}
