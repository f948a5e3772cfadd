/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A child that is born in its cgroup.
 *
 * To move it there after its birth would take 10 ms (the kernel waits for all its processors), and
 * the child could fork before. Only clone3 (5.3; cgroups since 5.7) can do it, for which the C
 * library has no wrapper: like clone(), the child needs a stack of its own, and so returns to
 * nobody. Hence the assembly, which calls the child's function on that stack.
 */

#define _GNU_SOURCE
#include "clone_into.h"
#include "CSpawn.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>

#ifndef SYS_clone3
#define SYS_clone3 435
#endif
#define INTO_CGROUP 0x200000000ULL

/* The kernel's struct clone_args as of 5.7, which not every C library's headers have. */
struct arguments {
    _Alignas(8) uint64_t flags;
    uint64_t pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid,
        set_tid_size, cgroup;
};

/* The child never comes back from here: `body` does not return. */
#if defined(__x86_64__)
static long clone3(const struct arguments *arguments, int (*body)(void *), void *argument) {
    long result;
    register int (*function)(void *) __asm__("r8") = body;
    register void *first __asm__("r9") = argument;
    __asm__ volatile("syscall\n\t"
                     "testq %%rax, %%rax\n\t"
                     "jnz 1f\n\t"
                     "xorl %%ebp, %%ebp\n\t"
                     "movq %%r9, %%rdi\n\t"
                     "callq *%%r8\n\t"
                     "ud2\n"
                     "1:"
                     : "=a"(result)
                     : "a"((long)SYS_clone3), "D"(arguments), "S"(sizeof *arguments),
                       "r"(function), "r"(first)
                     : "rcx", "r11", "cc", "memory");
    return result;
}
#elif defined(__aarch64__)
static long clone3(const struct arguments *arguments, int (*body)(void *), void *argument) {
    register long call __asm__("x8") = SYS_clone3;
    register long result __asm__("x0") = (long)arguments;
    register long size __asm__("x1") = sizeof *arguments;
    register int (*function)(void *) __asm__("x9") = body;
    register void *first __asm__("x10") = argument;
    __asm__ volatile("svc 0\n\t"
                     "cbnz x0, 1f\n\t"
                     "mov x29, xzr\n\t"
                     "mov x30, xzr\n\t"
                     "mov x0, x10\n\t"
                     "blr x9\n\t"
                     "brk 1\n"
                     "1:"
                     : "+r"(result)
                     : "r"(call), "r"(size), "r"(function), "r"(first)
                     : "cc", "memory");
    return result;
}
#else
#error "add clone3 for this architecture"
#endif

/* Why the system has no such call, once that is known: errno, or 0. */
static int refused;

int swisord_cgroups_refused(void) {
    return __atomic_load_n(&refused, __ATOMIC_RELAXED);
}

/* Whether an error is about the call, and not about the cgroup that was named. */
static int is_for_good(long error) {
    return error == ENOSYS || error == EPERM || error == EINVAL || error == E2BIG;
}

long swisord_clone_into(int cgroup, uint64_t flags, pid_t *tid, unsigned char *stack, size_t size,
                        int (*body)(void *), void *argument) {
    int before = swisord_cgroups_refused();
    if (before != 0) return -before;
    const struct arguments arguments = {
        .flags = flags | INTO_CGROUP,
        .child_tid = (uint64_t)(uintptr_t)tid,
        /* With CLONE_PARENT none may be given: it is the one that this process ends with. */
        .exit_signal = flags & CLONE_PARENT ? 0 : SIGCHLD,
        .stack = (uint64_t)(uintptr_t)stack,
        .stack_size = size,
        .cgroup = (uint64_t)(unsigned)cgroup,
    };
    long result = clone3(&arguments, body, argument);
    if (result < 0 && is_for_good(-result))
        __atomic_store_n(&refused, (int)-result, __ATOMIC_RELAXED);
    return result;
}
