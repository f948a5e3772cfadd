/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A guardian, and managers that do what a test says.
 *
 *     guardianprobe guard SOCKET BURST WINDOW PAUSE PATIENCE RETRY
 *
 * Each manager connects to SOCKET, hands its end of the guardian's socket to the test, which then
 * speaks as the manager, and obeys: it is the process that stops, dies and has siblings.
 */

#define _GNU_SOURCE
#include "probe.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

struct order {
    int32_t what, value;
};

pid_t sibling(void) {
    return (pid_t)syscall(SYS_clone, CLONE_PARENT | SIGCHLD, NULL, NULL, NULL, NULL);
}

/* What a sibling does: exits with a status, dies of the negative of a signal, or stays. */
_Noreturn static void live(int how) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (how < 0) kill(getpid(), -how);
    while (how > 255) pause();
    _exit(how);
}

/* A sibling whose child is orphaned and ends after it. */
static pid_t sibling_with_orphan(int status) {
    int tell[2];
    if (pipe(tell) != 0) _exit(97);
    pid_t pid = sibling();
    if (pid == 0) {
        pid_t parent = getpid(), child = fork();
        if (child == 0) {
            while (getppid() == parent) poll(NULL, 0, 1);
            _exit(status);
        }
        if (write(tell[1], &child, sizeof child) < 0) _exit(96);
        _exit(0);
    }
    if (read(tell[0], &pid, sizeof pid) < 0) _exit(95);
    close(tell[0]);
    close(tell[1]);
    return pid;
}

static struct order await_signal(void) {
    sigset_t all;
    siginfo_t info = {0};
    struct timespec limit = {20, 0};
    sigfillset(&all);
    sigdelset(&all, SIGCHLD);
    int signal = sigtimedwait(&all, &info, &limit);
    return (struct order){signal, (int32_t)(uintptr_t)info.si_value.sival_ptr};
}

static struct order obey(struct order order) {
    struct rlimit files;
    sigset_t none;
    pid_t pid;
    switch (order.what) {
    case 'x': exit(order.value);
    case 'k': kill(getpid(), order.value); break;
    case 'c':
        pid = sibling();
        if (pid == 0) live(order.value);
        return (struct order){pid, errno};
    case 'o': return (struct order){sibling_with_orphan(order.value), 0};
    case 'w': return await_signal();
    case 'u':
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        break;
    case 'l':
        getrlimit(RLIMIT_NOFILE, &files);
        return (struct order){(int32_t)files.rlim_cur, 0};
    case 'r':
        return (struct order){getenv("SWISORD_READY") != NULL, getenv("SWISORD_GUARDIAN") != NULL};
    }
    return order;
}

static int connect_to(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    int test = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (connect(test, (struct sockaddr *)&address, sizeof address) == 0) return test;
    /* The test is over: so is all else. */
    kill(getppid(), SIGKILL);
    exit(98);
}

static int manage(const char *path, int channel) {
    /* Which signals are already blocked or ignored tells how the guardian starts a manager. */
    sigset_t inherited, all;
    struct sigaction hangup;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &inherited);
    sigaction(SIGHUP, NULL, &hangup);
    int is_clean = hangup.sa_handler == SIG_DFL && !sigismember(&inherited, SIGTERM);
    int test = connect_to(path);
    struct swisord_guardian_message hello = {.kind = (uint32_t)getpid(), .value = is_clean};
    if (swisord_guardian_send(test, &hello, &channel, 1) != 0) return 94;
    close(channel);
    struct order order;
    while (recv(test, &order, sizeof order, 0) == sizeof order) {
        order = obey(order);
        send(test, &order, sizeof order, MSG_NOSIGNAL);
    }
    return 99;
}

int main(int argc, char **argv) {
    const char *number = getenv("SWISORD_MANAGER");
    if (argc > 1 && strcmp(argv[1], "chaos") == 0) return chaos(argc, argv);
    if (argc == 4 && strcmp(argv[1], "guard-chaos") == 0) {
        if (number) return chaos_manager(atoi(number), atoi(argv[2]));
        struct swisord_guardian_limits eager = {1000000, 60000, 10, 10000, 10};
        return swisord_guardian_run(argv, -1, &eager);
    }
    if (argc != 8 || strcmp(argv[1], "guard") != 0) return 93;
    if (number) return manage(argv[2], atoi(number));
    struct swisord_guardian_limits limits = {
        (uint32_t)atoi(argv[3]), (uint32_t)atoi(argv[4]), (uint32_t)atoi(argv[5]),
        (uint32_t)atoi(argv[6]), (uint32_t)atoi(argv[7])};
    const char *ready = getenv("SWISORD_READY");
    return swisord_guardian_run(swisord_arguments(), ready ? atoi(ready) : -1, &limits);
}
