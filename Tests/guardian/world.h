/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GUARDIAN_WORLD_H
#define GUARDIAN_WORLD_H

/*
 * A kernel of play for the guardian: time, children, signals and messages are what a scene says.
 *
 * guardian.c is included with its system calls renamed. Whenever it waits (poll), the scene gets
 * the next turn: it looks at what was sent, lets things happen, and says how long it took.
 */

#define _GNU_SOURCE
#include "guardian-state.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MANAGER 100
#define OURSELVES 99

struct packet {
    struct swisord_guardian_message message;
    int descriptors[SWISORD_GUARDIAN_BATCH];
    size_t count;
    /* 1 for a message, 0 for the end, -1 for an error. */
    int result, error;
};

struct child {
    pid_t pid;
    int code, status, was_reaped;
};

struct world {
    /* What the clock says, and how far it goes each time it is looked at. */
    int64_t time, tick;
    int own_pid;
    /* What the next calls fail with. */
    int fork_error, pair_error, send_error, open_failures, limit_error, signalfd_error, wait_error, no_path;
    rlim_t hard_limit;
    /* Whether the next fork is seen from the child. */
    int is_child, executed, executions, first_signal_mask;
    const char *executed_path;
    int forks, kills, subreaper, given_up;
    /* Whether a manager was still to be collected when the last one was made. */
    int is_ahead;
    struct packet incoming[1000];
    int incoming_count, incoming_next;
    struct packet sent[64];
    int sent_count;
    siginfo_t manager[8];
    int manager_count, manager_next;
    struct child children[8];
    int child_count;
    struct signalfd_siginfo signals[16];
    int signal_count, signal_next;
    uint64_t passed_on, passed_sender;
    int passed_at_64;
    int last_timeout, last_events, is_writable;
    int turn, result, failures;
    const char *name;
    void (*scene)(int turn);
    jmp_buf over;
};

extern struct world w;

#define check(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s, turn %d, line %d: %s\n", w.name, w.turn, __LINE__, #condition);   \
            w.failures++;                                                                          \
        }                                                                                          \
    } while (0)

/* Runs a guardian through a scene, which may prepare itself at turn 0; its exit status, or -1 when
   the scene was over first. */
int play(const char *name, void (*scene)(int turn), const struct swisord_guardian_limits *limits,
         int ready);
/* Ends the scene. */
void curtain(void);

/* The scenes of messages.c. */
void play_messages(void);

/* What happens next. */
void establish(void);
void say(uint32_t kind, int32_t value);
void say_slots(uint32_t kind, uint32_t count, int32_t first, size_t descriptors);
void say_nothing(int result, int error);
void manager_does(int code, int status);
void child_ends(pid_t pid, int status);
void signal_comes(int signal, int code, uint32_t pid);
/* What was sent last, of that kind; fails when it was not the last. */
const struct swisord_guardian_message *last(uint32_t kind);

#endif
