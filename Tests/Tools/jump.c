/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A wall clock that jumps, for LD_PRELOAD: each second it shows another time, among them tomorrow,
 * yesterday, 1970 and a time beyond 2038. The other clocks are left alone.
 */

#define _GNU_SOURCE
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static void jump(struct timespec *time) {
    struct timespec uptime;
    if (syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &uptime) != 0) return;
    switch (uptime.tv_sec % 5) {
    case 0: time->tv_sec += 86400; break;
    case 1: time->tv_sec -= 86400; break;
    case 2: time->tv_sec = uptime.tv_sec % 1000; break;
    case 3: time->tv_sec += 20LL * 365 * 86400; break;
    default: break;
    }
}

int clock_gettime(clockid_t clock, struct timespec *time) {
    int result = (int)syscall(SYS_clock_gettime, clock, time);
    if (result == 0 && clock == CLOCK_REALTIME) jump(time);
    return result;
}

int gettimeofday(struct timeval *restrict time, void *restrict zone) {
    struct timespec now;
    (void)zone;
    if (clock_gettime(CLOCK_REALTIME, &now) != 0) return -1;
    time->tv_sec = now.tv_sec;
    time->tv_usec = now.tv_nsec / 1000;
    return 0;
}
