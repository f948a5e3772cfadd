/* SPDX-License-Identifier: Apache-2.0 */

/* The one call of the log threads that Swift's view of Glibc does not show. */

#define _GNU_SOURCE
#include "CSpawn.h"

#include <fcntl.h>

ssize_t swisord_splice(int from, int to, size_t count) {
    return splice(from, NULL, to, NULL, count, SPLICE_F_NONBLOCK | SPLICE_F_MOVE);
}
