/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SWISORD_CLONE_INTO_H
#define SWISORD_CLONE_INTO_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* clone() of a child that is born in a cgroup: its pid, or the negative of an error number.
   Once the system has refused the call as such, it is not asked again. */
long swisord_clone_into(int cgroup, uint64_t flags, pid_t *tid, unsigned char *stack, size_t size,
                        int (*body)(void *), void *argument);

#endif
