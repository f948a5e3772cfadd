/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SWISORD_GUARDIAN_H
#define SWISORD_GUARDIAN_H

/*
 * The guardian: the parent of all programs and of the manager, and what it and the manager say to
 * each other.
 *
 * Both talk over a SOCK_SEQPACKET socket pair whose manager's end is inherited by number
 * (SWISORD_MANAGER). Each packet is one struct swisord_guardian_message, whole, with descriptors
 * beside it (SCM_RIGHTS). Neither side ever waits for the other to read. Both run on one machine,
 * and from one file or, during an upgrade, from two: the layout is fixed by the version.
 */

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define SWISORD_GUARDIAN_VERSION 1
/* Slots for descriptors are numbered from 0 up to this. */
#define SWISORD_GUARDIAN_SLOTS 196608
/* Most slots, and so descriptors, in a message. */
#define SWISORD_GUARDIAN_BATCH 128
/* Most bytes of a text. */
#define SWISORD_GUARDIAN_TEXT 512

enum swisord_guardian_kind {
    /* From the manager. `value` is its version; answered by WELCOME. */
    SWISORD_HELLO = 1,
    /* What is stored from slot `value` on; answered by STORED. One at a time. */
    SWISORD_FETCH,
    /* `count` descriptors for as many slots; what was there before is closed. */
    SWISORD_STORE,
    /* Closes what is in `count` slots. */
    SWISORD_DROP,
    /* From now on this manager may be told exits and sent signals. */
    SWISORD_LISTEN,
    /* The manager is established: from now on it is started again when it dies. */
    SWISORD_READY,
    /* The exit of pid `value` is known for good: it may be reaped. */
    SWISORD_ACK,
    /* When the manager has ended, the guardian ends with `value`. */
    SWISORD_FAREWELL,
    /* When the manager has ended, the one descriptor is executed in its place. */
    SWISORD_UPGRADE,
    /* Why this manager cannot go on, `count` bytes of text for the next one. */
    SWISORD_FAILED,
    /* What is in the first of two slots is in the second from now on, and what was there is closed;
       `count` slots are so many pairs. */
    SWISORD_MOVE,

    /* From the guardian. `value` is its version. */
    SWISORD_WELCOME = 32,
    /* `count` slots with their descriptors; `value` is the slot to go on from, or -1. */
    SWISORD_STORED,
    /* The child `value` has ended (`code`, `status`); the next is told after its ACK. */
    SWISORD_EXIT,
    /* The acknowledged child `value` has been reaped: its process group is without it now. `count`
       is 1 when another child has ended meanwhile, whose EXIT follows. */
    SWISORD_REAPED,
    /* `count` descriptors could not be kept, because no numbers are left for them. */
    SWISORD_REFUSED,
};

enum swisord_guardian_flag {
    /* This manager is on trial: it was started by UPGRADE. */
    SWISORD_UPGRADED = 1,
    /* The one before it was on trial, and failed. */
    SWISORD_ROLLED_BACK = 2,
};

struct swisord_guardian_message {
    uint32_t kind;
    int32_t value;
    /* Of slots, or of bytes of text. */
    uint32_t count;
    /* EXIT: si_code and si_status of waitid(2). WELCOME: the same of the last manager, or 0. */
    int32_t code, status;
    /* WELCOME: flags, the how-manieth manager this is (from 1), the guardian's pid, how many
       managers have died unplanned within the window, the soft RLIMIT_NOFILE as inherited. */
    uint32_t flags, start;
    int32_t guardian;
    uint32_t crashes, reserved;
    uint64_t open_files;
    union {
        int32_t slots[SWISORD_GUARDIAN_BATCH];
        char text[SWISORD_GUARDIAN_TEXT];
    };
};

/* How patient a guardian is; times in milliseconds. */
struct swisord_guardian_limits {
    /* More crashes than `burst` (at most 31) within `window` delay the next start by `pause`. */
    uint32_t burst, window, pause;
    /* A manager is killed that is stopped, has left an exit unacknowledged, has closed its socket,
       or is on trial and not ready, for this long. */
    uint32_t patience;
    /* Before another attempt when there was no process or socket to be had. */
    uint32_t retry;
};

/* How patient it is without limits of the caller's: the figures are in guardian.c. */
struct swisord_guardian_limits swisord_guardian_usual_limits(void);

/* Runs as the guardian of `argv` in this process, which has one thread, with the environment of
   this process. `ready` is a descriptor for the first manager alone, or -1; without limits it is as
   patient as described in guardian.c. Returns the exit status for this process once there is
   nothing left to guard. */
int swisord_guardian_run(char *const *argv, int ready,
                         const struct swisord_guardian_limits *limits);

/* One message of at most 128 descriptors without waiting: 0, or -1 with errno. */
int swisord_guardian_send(int channel, const struct swisord_guardian_message *message,
                          const int *descriptors, size_t count);
/* One message without waiting, and up to 128 descriptors (close-on-exec): 1 for a message, 0 at the
   end, -1 with errno; EBADMSG for what is no message, EMFILE for one whose descriptors there were no
   numbers for, and those that came are closed. */
int swisord_guardian_receive(int channel, struct swisord_guardian_message *message,
                             int *descriptors, size_t *count);

#endif
