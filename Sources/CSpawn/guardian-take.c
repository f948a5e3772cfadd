/* SPDX-License-Identifier: Apache-2.0 */

/* What each of the manager's messages changes. Garbage changes nothing, and what came with it is
   closed. */

#include "guardian-state.h"

#include <string.h>
#include <unistd.h>

void swisord_close_if_open(int *descriptor) {
    if (*descriptor >= 0) close(*descriptor);
    *descriptor = -1;
}

void swisord_guardian_reset(struct swisord_guardian *g) {
    memset(g, 0, sizeof *g);
    swisord_guardian_begin(g);
}

void swisord_guardian_begin(struct swisord_guardian *g) {
    g->ready = g->channel = g->signals = g->executable = g->trial = g->next = g->highest = -1;
    g->too_high = INT32_MAX;
}

static void put(struct swisord_guardian *g, int slot, int descriptor) {
    if (g->store[slot]) close(g->store[slot] - 1);
    g->store[slot] = descriptor + 1;
    if (slot > g->highest) g->highest = slot;
}

static int are_slots(const struct swisord_guardian_message *m) {
    if (m->count > SWISORD_GUARDIAN_BATCH) return 0;
    for (uint32_t index = 0; index < m->count; index++)
        if (m->slots[index] < 0 || m->slots[index] >= SWISORD_GUARDIAN_SLOTS) return 0;
    return 1;
}

static int take_moves(struct swisord_guardian *g, const struct swisord_guardian_message *m) {
    if (!are_slots(m) || m->count % 2) return 0;
    for (uint32_t index = 0; index < m->count; index += 2) {
        int from = m->slots[index], to = m->slots[index + 1];
        if (from == to) continue;
        put(g, to, g->store[from] - 1);
        g->store[from] = 0;
    }
    return 1;
}

static int take_store(struct swisord_guardian *g, const struct swisord_guardian_message *m,
                      const int *descriptors, size_t count) {
    if (!are_slots(m) || m->count != count) return 0;
    for (size_t index = 0; index < count; index++) {
        if (descriptors[index] < g->too_high) continue;
        g->refused += (uint32_t)count;
        return 0;
    }
    for (size_t index = 0; index < count; index++)
        put(g, m->slots[index], descriptors[index]);
    return 1;
}

static int take_ready(struct swisord_guardian *g) {
    g->established = 1;
    g->due[SWISORD_DUE_READY] = 0;
    g->flags = g->text_length = 0;
    if (g->trial >= 0) {
        swisord_close_if_open(&g->executable);
        g->executable = g->trial;
        g->trial = -1;
    }
    return 1;
}

/* A message that brings no descriptors. */
static int take_plain(struct swisord_guardian *g, const struct swisord_guardian_message *m) {
    switch (m->kind) {
    case SWISORD_HELLO: return g->owes_welcome = 1;
    case SWISORD_FETCH:
        if (m->value < 0) return 0;
        g->cursor = m->value;
        return g->owes_stored = 1;
    case SWISORD_DROP:
        if (!are_slots(m)) return 0;
        for (uint32_t index = 0; index < m->count; index++) put(g, m->slots[index], -1);
        return 1;
    case SWISORD_MOVE: return take_moves(g, m);
    case SWISORD_LISTEN: return g->listens = 1;
    case SWISORD_READY: return take_ready(g);
    case SWISORD_ACK:
        if (g->told == 0 || m->value != g->told) return 0;
        g->due[SWISORD_DUE_ACK] = 0;
        return g->is_acknowledged = 1;
    case SWISORD_FAREWELL:
        g->result = m->value & 0xff;
        return g->farewell = 1;
    case SWISORD_FAILED:
        if (m->count > SWISORD_GUARDIAN_TEXT) return 0;
        memcpy(g->text, m->text, g->text_length = m->count);
        return 1;
    default: return 0;
    }
}

int swisord_guardian_take(struct swisord_guardian *g, const void *bytes, size_t length,
                          const int *descriptors, size_t count) {
    struct swisord_guardian_message m;
    int understood = 0;
    if (length == sizeof m) {
        memcpy(&m, bytes, sizeof m);
        if (m.kind == SWISORD_STORE) {
            understood = take_store(g, &m, descriptors, count);
        } else if (m.kind == SWISORD_UPGRADE && count == 1) {
            swisord_close_if_open(&g->next);
            g->next = descriptors[0];
            understood = 1;
        } else if (count == 0) {
            understood = take_plain(g, &m);
        }
    }
    for (size_t index = 0; !understood && index < count; index++) close(descriptors[index]);
    return understood;
}
