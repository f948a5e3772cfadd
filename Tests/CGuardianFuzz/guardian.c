/* SPDX-License-Identifier: Apache-2.0 */

/* The guardian's side without its loop, on messages of any bytes with up to three descriptors. */

#define _GNU_SOURCE
#include "CGuardianFuzz.h"

#include "../../Sources/CSpawn/guardian-state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define MOST 3

static int take_byte(const uint8_t **bytes, size_t *length) {
    if (*length == 0) return 0;
    (*length)--;
    return *(*bytes)++;
}

/* The next message: small fields from single bytes, so that many inputs make sense, then raw ones.
   Now and then it has another length than a message has. */
static size_t next_message(const uint8_t **bytes, size_t *length,
                           struct swisord_guardian_message *message) {
    memset(message, 0, sizeof *message);
    message->kind = (uint32_t)take_byte(bytes, length) % 40;
    int form = take_byte(bytes, length);
    message->count = (uint32_t)take_byte(bytes, length);
    message->value = (int32_t)(int8_t)take_byte(bytes, length);
    if (form & 1) message->count <<= 24;
    if (form & 2) message->value <<= 20;
    size_t raw = (size_t)take_byte(bytes, length) * 2;
    if (raw > *length) raw = *length;
    if (raw > sizeof message->slots) raw = sizeof message->slots;
    memcpy(message->slots, *bytes, raw);
    *bytes += raw;
    *length -= raw;
    return form & 4 ? (size_t)form * 3 : sizeof *message;
}

/* Whether it is a copy of ours: its number alone may be another's by now. */
static int is_open(int descriptor, int own) {
    struct stat status, wanted;
    return fstat(descriptor, &status) == 0 && fstat(own, &wanted) == 0 &&
           status.st_dev == wanted.st_dev && status.st_ino == wanted.st_ino;
}

/* Every stored descriptor is open and none is stored twice; the highest slot is one of them. */
static const char *check(const struct swisord_guardian *g, int own) {
    if (g->highest >= SWISORD_GUARDIAN_SLOTS) return "the highest slot is none";
    if (g->text_length > SWISORD_GUARDIAN_TEXT) return "the text is too long";
    if (g->cursor < 0) return "the cursor is negative";
    for (int slot = 0; slot < SWISORD_GUARDIAN_SLOTS; slot++) {
        if (g->store[slot] == 0) continue;
        if (slot > g->highest) return "a slot beyond the highest is used";
        if (!is_open(g->store[slot] - 1, own)) return "a stored descriptor is closed";
    }
    return g->next >= 0 && !is_open(g->next, own) ? "the next executable is closed" : NULL;
}

/* What was given and is not kept must be closed, and what is kept stays open. */
static const char *take(struct swisord_guardian *g, const uint8_t **bytes, size_t *length,
                        int own) {
    struct swisord_guardian_message message;
    int descriptors[MOST], count = take_byte(bytes, length) % (MOST + 1);
    size_t size = next_message(bytes, length, &message);
    for (int index = 0; index < count; index++)
        descriptors[index] = fcntl(own, F_DUPFD_CLOEXEC, 0);
    if (size > sizeof message) size = sizeof message - 1;
    int understood = swisord_guardian_take(g, &message, size, descriptors, (size_t)count);
    for (int index = 0; !understood && index < count; index++)
        if (is_open(descriptors[index], own)) return "a descriptor is left over";
    return NULL;
}

/* The same bytes as a packet: received whole or refused. */
static const char *receive(const uint8_t *bytes, size_t length) {
    struct swisord_guardian_message message;
    int ends[2], descriptors[SWISORD_GUARDIAN_BATCH];
    size_t count = 0;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0)
        return NULL;
    const char *fault = NULL;
    if (send(ends[0], bytes, length, MSG_NOSIGNAL) >= 0 && length > 0) {
        int result = swisord_guardian_receive(ends[1], &message, descriptors, &count);
        if (count != 0) fault = "descriptors out of nowhere";
        if (result == 0) fault = "an end that was none";
    }
    close(ends[0]);
    close(ends[1]);
    return fault;
}

const char *swisord_fuzz_guardian(const uint8_t *bytes, size_t length) {
    static struct swisord_guardian *g;
    if (!g) g = malloc(sizeof *g);
    int own = memfd_create("fuzz", MFD_CLOEXEC);
    if (!g || own < 0) return NULL;
    swisord_guardian_reset(g);
    const char *fault = receive(bytes, length);
    for (int round = 0; !fault && round < 64 && length > 0; round++)
        fault = take(g, &bytes, &length, own);
    if (!fault) fault = check(g, own);
    for (int slot = 0; slot <= g->highest; slot++)
        if (g->store[slot]) close(g->store[slot] - 1);
    swisord_close_if_open(&g->next);
    swisord_close_if_open(&g->executable);
    swisord_close_if_open(&g->trial);
    close(own);
    return fault;
}
