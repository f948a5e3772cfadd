/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SWISORD_CHAOS_H
#define SWISORD_CHAOS_H

/* What chaos.c and its programs know of each run, in a file that all of them have in memory. */

#include <stdint.h>
#include <sys/types.h>

#define CHAOS_KINDS 5
/* Slots of a kind. */
#define CHAOS_EACH 3
#define CHAOS_SLOTS (CHAOS_KINDS * CHAOS_EACH)
#define CHAOS_RUNS 100000
#define CHAOS_RECORD 32

/* Slots by what their programs write besides records: nothing, colours that are to be left out,
   messages that are not for the log, both; and the last, those of guests: programs that come into
   the configuration and go, and have more to say when they are asked to end. None of what is beside
   records begins as a record does, or is half of another. */
#define CHAOS_COLOURS 1
#define CHAOS_MESSAGES 2
#define CHAOS_GUESTS 4
#define CHAOS_KIND(slot) ((slot) / CHAOS_EACH)
#define CHAOS_COLOUR "\033[7;35m"
#define CHAOS_MESSAGE "<!--XSUPERVISOR:BEGIN-->a message<!--XSUPERVISOR:END-->"

struct chaos_run {
    pid_t pid;
    /* How it is about to end: an exit status, or a signal as a negative number; 0 before that. */
    int32_t end;
    /* A signal that it was sent from outside and that may have ended it. */
    int32_t killed;
    /* Records: those that a write was begun for, and those that it has returned for. */
    uint32_t begun, done;
    /* It has seen that all are to be calm, and ends only by a signal from then on. */
    uint32_t calm;
    /* How much it has written of a colour or a message whose rest it has not begun to write. */
    uint32_t half;
};

struct chaos_slot {
    int32_t count;
    struct chaos_run runs[CHAOS_RUNS];
};

struct chaos_table {
    uint32_t seed;
    /* Nobody ends by itself; nobody writes any more. */
    int32_t is_calm, is_over;
    /* How often there were two of a kind. */
    uint32_t doubles;
    struct chaos_slot slots[CHAOS_SLOTS];
};

#endif
