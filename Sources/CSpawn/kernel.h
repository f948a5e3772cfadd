/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SWISORD_KERNEL_H
#define SWISORD_KERNEL_H

/* A system call that leaves errno alone: its result, or the negative of an error number. */
#if defined(__x86_64__)
static inline long kernel(long number, long a, long b, long c, long d) {
    long result;
    register long fourth __asm__("r10") = d;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(fourth)
                     : "rcx", "r11", "memory");
    return result;
}
#elif defined(__aarch64__)
static inline long kernel(long number, long a, long b, long c, long d) {
    register long call __asm__("x8") = number;
    register long result __asm__("x0") = a;
    register long second __asm__("x1") = b;
    register long third __asm__("x2") = c;
    register long fourth __asm__("x3") = d;
    __asm__ volatile("svc 0"
                     : "+r"(result)
                     : "r"(call), "r"(second), "r"(third), "r"(fourth)
                     : "memory");
    return result;
}
#else
#error "add a system call for this architecture"
#endif

#define CALL0(number) kernel(number, 0, 0, 0, 0)
#define CALL1(number, a) kernel(number, (long)(a), 0, 0, 0)
#define CALL2(number, a, b) kernel(number, (long)(a), (long)(b), 0, 0)
#define CALL3(number, a, b, c) kernel(number, (long)(a), (long)(b), (long)(c), 0)
#define CALL4(number, a, b, c, d) kernel(number, (long)(a), (long)(b), (long)(c), (long)(d))

#endif
