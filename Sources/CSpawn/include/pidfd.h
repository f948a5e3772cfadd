/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SWISORD_PIDFD_H
#define SWISORD_PIDFD_H

#include <stdint.h>
#include <sys/types.h>

/* Processes by descriptor (pidfd_open(2)): such a one names its process for good, also after the
   pid has gone to another. */

/* pidfd_open(pid, 0): a descriptor, close-on-exec, or -1. */
int swisord_pidfd_open(pid_t pid);
/* pidfd_send_signal(): 0, or -1. */
int swisord_pidfd_send(int descriptor, int signal);
/* The inode by which pidfs knows the process (Linux 6.9), or 0: there the inodes say nothing. */
uint64_t swisord_pidfd_inode(int descriptor);
/* The wait status of a process that has ended and has been reaped by anybody (Linux 6.15): 1 when
   the kernel tells it, else 0. */
int swisord_pidfd_status(int descriptor, int32_t *status);
/* A copy of a descriptor of another process (close-on-exec), or -1 with errno. */
int swisord_pidfd_copy(int descriptor, int number);

#endif
