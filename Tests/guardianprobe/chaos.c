/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Managers are killed at any instant while children come and go; every exit status must reach a
 * manager exactly once, and be the right one.
 *
 *     guardianprobe chaos CHILDREN KILLS
 *
 * What a manager knows for good is in shared memory, as a state file would have it: a child's pid
 * before its gate is opened, its status before the acknowledgement.
 */

#define _GNU_SOURCE
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MOST 8192
#define AT_ONCE 16
/* A child whose gate was closed and not opened never ran. */
#define NEVER_RAN 250

struct child {
    volatile pid_t pid;
    /* Which attempt at it this is, how often it ran, what was told of it and how often. */
    volatile int ran, told, status;
};

struct memory {
    volatile pid_t manager;
    volatile int starts, aborted, strangers, wrong;
    int total;
    struct child children[MOST];
};

/* Takes some time: what is to be interrupted. */
static void linger(long microseconds) {
    const struct timespec time = {0, microseconds * 1000};
    ppoll(NULL, 0, &time, NULL);
}

static struct memory *map(int descriptor) {
    void *memory = mmap(NULL, sizeof(struct memory), PROT_READ | PROT_WRITE, MAP_SHARED,
                        descriptor, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

/* What a child ends with: an exit status, or 256 and the signal that kills it. */
static int ending(int key) {
    if (key % 7 == 3) return 256 + SIGKILL;
    if (key % 7 == 5) return 256 + SIGTERM;
    return key % 200;
}

_Noreturn static void run(struct memory *memory, int key, int gate) {
    char byte;
    if (read(gate, &byte, 1) != 1) _exit(NEVER_RAN);
    memory->children[key].ran++;
    linger(key * 79L % 3000);
    int how = ending(key);
    if (how >= 256) kill(getpid(), how - 256);
    _exit(how);
}

static void start(struct memory *memory, int key) {
    int gate[2];
    if (pipe2(gate, O_CLOEXEC) != 0) exit(92);
    pid_t pid = sibling();
    if (pid < 0) exit(91);
    if (pid == 0) {
        close(gate[1]);
        run(memory, key, gate[0]);
    }
    memory->children[key].pid = pid;
    if (write(gate[1], "g", 1) != 1) exit(90);
    close(gate[0]);
    close(gate[1]);
}

/* Takes down the exit; again after a manager that died before its acknowledgement. */
static void record(struct memory *memory, const struct swisord_guardian_message *exit) {
    for (int key = 0; key < memory->total; key++) {
        struct child *child = &memory->children[key];
        if (child->pid != exit->value) continue;
        int status = exit->code == CLD_EXITED ? exit->status : 256 + exit->status;
        if (status == NEVER_RAN) {
            child->pid = 0;
            memory->aborted++;
        } else if (child->told && child->status != status) {
            memory->wrong++;
        } else {
            child->status = status;
            child->told = 1;
        }
        return;
    }
    /* Made by a manager that died before it could write down its pid, so it never ran. */
    if (exit->code != CLD_EXITED || exit->status != NEVER_RAN) memory->strangers++;
}

static void say(int channel, uint32_t kind, int32_t value) {
    struct swisord_guardian_message message = {.kind = kind, .value = value};
    while (swisord_guardian_send(channel, &message, NULL, 0) != 0 && errno == EAGAIN)
        linger(100);
}

int chaos_manager(int channel, int descriptor) {
    struct memory *memory = map(descriptor);
    if (!memory) return 89;
    fcntl(channel, F_SETFD, FD_CLOEXEC);
    /* The first is fair game only once it is established; all others at any time. */
    if (memory->starts++ > 0) memory->manager = getpid();
    say(channel, SWISORD_HELLO, SWISORD_GUARDIAN_VERSION);
    say(channel, SWISORD_LISTEN, 0);
    say(channel, SWISORD_READY, 0);
    memory->manager = getpid();
    for (;;) {
        int running = 0, done = 0;
        for (int key = 0; key < memory->total; key++) {
            if (memory->children[key].told) done++;
            else if (memory->children[key].pid) running++;
        }
        if (done == memory->total) break;
        for (int key = 0; key < memory->total && running < AT_ONCE; key++) {
            if (memory->children[key].told || memory->children[key].pid) continue;
            start(memory, key);
            running++;
        }
        struct pollfd watched = {.fd = channel, .events = POLLIN};
        poll(&watched, 1, -1);
        struct swisord_guardian_message message;
        int none[SWISORD_GUARDIAN_BATCH];
        size_t count;
        int result = swisord_guardian_receive(channel, &message, none, &count);
        if (result == 0) return 88;
        if (result < 0 || message.kind != SWISORD_EXIT) continue;
        record(memory, &message);
        say(channel, SWISORD_ACK, message.value);
    }
    memory->manager = 0;
    say(channel, SWISORD_FAREWELL, 17);
    return 0;
}

static int verdict(const struct memory *memory, int kills, int status) {
    int lost = 0, wrong = memory->wrong, twice = 0;
    for (int key = 0; key < memory->total; key++) {
        const struct child *child = &memory->children[key];
        if (!child->told) lost++;
        else if (child->status != ending(key)) wrong++;
        if (child->ran != 1) twice++;
    }
    printf("%d children, %d kills, %d managers, %d aborted by the gate: "
           "%d lost, %d wrong, %d not run once, %d strangers, status %d\n",
           memory->total, kills, memory->starts, memory->aborted, lost, wrong, twice,
           memory->strangers, WEXITSTATUS(status));
    int is_good = WIFEXITED(status) && WEXITSTATUS(status) == 17;
    return !is_good || lost + wrong + twice + memory->strangers != 0;
}

int chaos(int argc, char **argv) {
    if (argc != 4) return 93;
    int descriptor = memfd_create("chaos", 0), kills = 0;
    if (ftruncate(descriptor, sizeof(struct memory)) != 0) return 87;
    struct memory *memory = map(descriptor);
    if (!memory || atoi(argv[2]) > MOST) return 86;
    memory->total = atoi(argv[2]);
    char number[16];
    snprintf(number, sizeof number, "%d", descriptor);
    pid_t guardian = fork();
    if (guardian == 0) {
        char *const arguments[] = {argv[0], "guard-chaos", number, "x", NULL};
        execv("/proc/self/exe", arguments);
        _exit(85);
    }
    srand(7);
    int status = 0;
    pid_t last = 0;
    while (waitpid(guardian, &status, WNOHANG) == 0) {
        pid_t manager = memory->manager;
        linger(rand() % 6000);
        if (kills >= atoi(argv[3]) || manager <= 0 || manager == last) continue;
        kill(manager, SIGKILL);
        last = manager;
        kills++;
    }
    return verdict(memory, kills, status);
}
