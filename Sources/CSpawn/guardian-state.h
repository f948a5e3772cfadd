/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SWISORD_GUARDIAN_STATE_H
#define SWISORD_GUARDIAN_STATE_H

/* What the guardian knows; for guardian.c and for those who test and fuzz it. */

#include "guardian.h"

enum swisord_guardian_deadline {
    /* To start a manager. */
    SWISORD_DUE_START,
    /* To try again to send what the kernel had no room for. */
    SWISORD_DUE_SEND,
    /* To end without the manager, whose planned end a thread on a hung disk holds up. */
    SWISORD_DUE_LEAVE,
    /* The rest kill the manager. It has not acknowledged, not continued, closed its end and lives,
       is on trial and not ready. */
    SWISORD_DUE_ACK,
    SWISORD_DUE_CONTINUE,
    SWISORD_DUE_CLOSE,
    SWISORD_DUE_READY,
    SWISORD_DEADLINES,
};

#define SWISORD_CRASHES 32
#define SWISORD_SIGNAL_BIT(signal) ((uint64_t)1 << ((signal) - 1))

struct swisord_guardian {
    struct swisord_guardian_limits limits;
    char *const *argv;
    /* Only for the first manager, or -1. */
    int ready;
    /* The soft RLIMIT_NOFILE as inherited, and the first number that is not stored any more. */
    uint64_t open_files;
    int too_high;

    /* The manager's pid or 0, our end of its socket or -1, and the signalfd. */
    pid_t manager;
    int channel, signals;
    /* What is executed: normally, on trial, and at the next end. -1 for none. */
    int executable, trial, next;
    /* Milliseconds of the monotonic clock, or 0. */
    int64_t due[SWISORD_DEADLINES];
    /* When managers crashed: a ring. */
    int64_t crashes[SWISORD_CRASHES];
    uint32_t crash_count;

    /* What the manager has said: that it may be told exits, that it is established, that the end
       is planned (and the status). */
    int listens, established, farewell, result;
    /* What it is owed: WELCOME, STORED from `cursor` on. */
    int owes_welcome, owes_stored, cursor;
    /* The child that has been reaped and of which the manager is to hear, or 0. */
    pid_t reaped;
    /* How many descriptors there were no numbers for, of which it is to hear. */
    uint32_t refused;
    /* Whether its socket is full; the exit it was told, or 0, and whether it knows it for good. */
    int is_full;
    pid_t told;
    int is_acknowledged;

    /* Signals to be passed on, bit n - 1 for signal n, and who sent them (pid, uid). */
    uint64_t held;
    uint64_t senders[64];
    /* The last signal that asks for the end, or 0, and how many managers died of it. */
    int ending;
    uint32_t failures;

    /* For WELCOME. */
    uint32_t start, flags, text_length;
    int last_code, last_status;
    char text[SWISORD_GUARDIAN_TEXT];

    /* Each slot's descriptor plus one, so that pages never stored to stay untouched. */
    int highest;
    int store[SWISORD_GUARDIAN_SLOTS];
};

/* A guardian without manager and descriptors. */
void swisord_guardian_reset(struct swisord_guardian *guardian);
/* The same for one that is all zero, and whose pages are to stay untouched. */
void swisord_guardian_begin(struct swisord_guardian *guardian);

/* Takes one packet of the manager's and its descriptors, which are the guardian's from then on; 0
   for one that is not understood. Calls nothing but close. */
int swisord_guardian_take(struct swisord_guardian *guardian, const void *bytes, size_t length,
                          const int *descriptors, size_t count);

/* Reads what has come and holds it; passes on what is held, if the manager can tell what it is. */
void swisord_guardian_read_signals(struct swisord_guardian *guardian);
void swisord_guardian_pass_on(struct swisord_guardian *guardian);

/* Closes a descriptor unless it is -1, and makes it that. */
void swisord_close_if_open(int *descriptor);

#endif
