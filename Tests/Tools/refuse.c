/* SPDX-License-Identifier: Apache-2.0 */

/*
 * refuse ERROR CALL[,CALL...] COMMAND...: runs a command in a container that refuses system calls.
 *
 * ERROR is ENOSYS, as an old kernel says, EPERM, as the filter of a container does, or EAGAIN.
 * The filter outlives exec, so everything that the command starts lives under it as well.
 */

#define _GNU_SOURCE
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct {
    const char *name;
    int number;
} calls[] = {
    {"clone3", SYS_clone3},
    {"close_range", SYS_close_range},
    {"execveat", SYS_execveat},
    {"memfd_create", SYS_memfd_create},
    {"name_to_handle_at", SYS_name_to_handle_at},
    {"openat2", 437},
    {"pidfd_getfd", SYS_pidfd_getfd},
    {"pidfd_open", SYS_pidfd_open},
    {"pidfd_send_signal", SYS_pidfd_send_signal},
    {"prctl", SYS_prctl},
    {"prlimit64", SYS_prlimit64},
    {"setgroups", SYS_setgroups},
    {"setresgid", SYS_setresgid},
    {"setresuid", SYS_setresuid},
    {"splice", SYS_splice},
    {"statx", SYS_statx},
    {"unshare", SYS_unshare},
};

#define COUNT (sizeof calls / sizeof *calls)
#define STATEMENT(code, k) ((struct sock_filter)BPF_STMT(code, k))

static int number_of(const char *name) {
    for (size_t index = 0; index < COUNT; index++)
        if (strcmp(calls[index].name, name) == 0) return calls[index].number;
    fprintf(stderr, "refuse: unknown system call '%s'\n", name);
    exit(2);
}

static unsigned error_of(const char *name) {
    if (strcmp(name, "ENOSYS") == 0) return ENOSYS;
    if (strcmp(name, "EPERM") == 0) return EPERM;
    if (strcmp(name, "EAGAIN") == 0) return EAGAIN;
    fprintf(stderr, "refuse: unknown error '%s'\n", name);
    exit(2);
}

int main(int count, char **words) {
    struct sock_filter filter[2 * COUNT + 2];
    unsigned short length = 0;
    if (count < 4) {
        fputs("usage: refuse ERROR CALL[,CALL...] COMMAND...\n", stderr);
        return 2;
    }
    unsigned error = error_of(words[1]);
    filter[length++] = STATEMENT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    for (char *name = strtok(words[2], ","); name && length < 2 * COUNT; name = strtok(NULL, ",")) {
        unsigned number = (unsigned)number_of(name);
        filter[length++] =
            (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1);
        filter[length++] = STATEMENT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error);
    }
    filter[length++] = STATEMENT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    struct sock_fprog program = {length, filter};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
        perror("refuse: cannot install the filter");
        return 2;
    }
    execvp(words[3], words + 3);
    perror(words[3]);
    return 127;
}
