/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SWISORD_CHAOS_LOGS_H
#define SWISORD_CHAOS_LOGS_H

/* What is in the logs after the chaos: nothing may be missing, there twice, or in pieces. */

#include "chaos.h"

#include <stdio.h>
#include <string.h>

/* The records of one program in all its log files, oldest first, against what it has noted. */
struct reading {
    const struct chaos_slot *own;
    int slot, run;
    uint32_t sequence;
    unsigned long records, lost, doubled, torn;
    /* Bytes of colours and messages: since the last record, all of them, and those that are missing
       though their run ended in the middle of one. */
    unsigned long recent, strays, missing;
};

/* The run that wrote what comes next: all before it have left nothing unwritten but what they were
   killed at, and the half of what they had begun. */
static void pass_to(struct reading *r, int run) {
    const struct chaos_run *runs = r->own->runs;
    unsigned long halves = 0;
    for (; r->run < run; r->run++, r->sequence = 0) {
        if (r->sequence < runs[r->run].done) r->lost += runs[r->run].done - r->sequence;
        halves += runs[r->run].half;
    }
    if (r->recent < halves) r->missing += halves - r->recent;
    r->recent = 0;
}

static void take_record(struct reading *r, const char *record) {
    int slot, run;
    unsigned sequence;
    char rest[16];
    if (record[CHAOS_RECORD - 1] != '\n' ||
        sscanf(record, "%2d %6d %8u %12[-]", &slot, &run, &sequence, rest) != 4 ||
        slot != r->slot || run >= r->own->count) {
        r->torn++;
        return;
    }
    r->records++;
    pass_to(r, run);
    if (run < r->run || sequence < r->sequence) {
        r->doubled++;
        return;
    }
    r->lost += sequence - r->sequence;
    r->sequence = sequence + 1;
}

/* How much of a text stands at the beginning of these bytes. */
static size_t common(const char *bytes, size_t length, const char *text) {
    size_t count = 0;
    while (count < length && text[count] && bytes[count] == text[count]) count++;
    return count;
}

/* What of colours and messages comes next: those of a run that died before it had written all. */
static size_t take_strays(struct reading *r, const char *bytes, size_t length) {
    size_t total = 0, count = 1;
    for (; count > 0; total += count) {
        count = 0;
        if (CHAOS_KIND(r->slot) & CHAOS_COLOURS)
            count = common(bytes + total, length - total, CHAOS_COLOUR);
        if (count == 0 && CHAOS_KIND(r->slot) & CHAOS_MESSAGES)
            count = common(bytes + total, length - total, CHAOS_MESSAGE);
    }
    r->recent += total;
    r->strays += total;
    return total;
}

static void read_log(struct reading *r, const char *path) {
    static char bytes[1 << 20];
    FILE *file = fopen(path, "r");
    if (!file) return;
    size_t length = fread(bytes, 1, sizeof bytes, file);
    if (length == sizeof bytes) r->torn++;
    for (size_t next = 0; next < length; next += CHAOS_RECORD) {
        next += take_strays(r, bytes + next, length - next);
        if (next + CHAOS_RECORD <= length) take_record(r, bytes + next);
        else if (next < length) r->torn++;
    }
    fclose(file);
}

static void read_logs(struct reading *sum, const struct chaos_table *table, const char *folder) {
    for (int slot = 0; slot < CHAOS_SLOTS; slot++) {
        struct reading r = {.own = &table->slots[slot], .slot = slot};
        char path[600];
        for (int index = 400; index >= 0; index--) {
            if (index > 0)
                snprintf(path, sizeof path, "%s/log/%02d.log.%d", folder, slot, index);
            else
                snprintf(path, sizeof path, "%s/log/%02d.log", folder, slot);
            read_log(&r, path);
        }
        pass_to(&r, r.own->count);
        sum->records += r.records;
        sum->lost += r.lost;
        sum->doubled += r.doubled;
        sum->torn += r.torn;
        sum->strays += r.strays;
        sum->missing += r.missing;
    }
}

#endif
