/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SWISORD_CHAOS_LOGS_H
#define SWISORD_CHAOS_LOGS_H

/* What is in the logs after the chaos: nothing may be missing, there twice, or in pieces. */

#include "chaos.h"

#include <stdio.h>

/* The records of one program in all its log files, oldest first, against what it has noted. */
struct reading {
    const struct chaos_slot *own;
    int slot, run;
    uint32_t sequence;
    unsigned long records, lost, doubled, torn;
};

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
    const struct chaos_run *runs = r->own->runs;
    /* A run that ends leaves nothing unwritten but what it was killed at. */
    for (; r->run < run; r->run++, r->sequence = 0)
        if (r->sequence < runs[r->run].done) r->lost += runs[r->run].done - r->sequence;
    if (run < r->run || sequence < r->sequence) {
        r->doubled++;
        return;
    }
    r->lost += sequence - r->sequence;
    r->sequence = sequence + 1;
}

static void read_log(struct reading *r, const char *path) {
    char record[CHAOS_RECORD];
    FILE *file = fopen(path, "r");
    if (!file) return;
    size_t length;
    while ((length = fread(record, 1, sizeof record, file)) == sizeof record)
        take_record(r, record);
    if (length > 0) r->torn++;
    fclose(file);
}

static void read_logs(struct reading *sum, const struct chaos_table *table, const char *folder) {
    for (int slot = 0; slot < CHAOS_SLOTS; slot++) {
        struct reading r = {.own = &table->slots[slot], .slot = slot};
        char path[600];
        for (int index = 400; index >= 0; index--) {
            if (index > 0)
                snprintf(path, sizeof path, "%s/log/chatter:%02d.log.%d", folder, slot, index);
            else
                snprintf(path, sizeof path, "%s/log/chatter:%02d.log", folder, slot);
            read_log(&r, path);
        }
        const struct chaos_run *runs = r.own->runs;
        for (; r.run < r.own->count; r.run++, r.sequence = 0)
            if (r.sequence < runs[r.run].done) r.lost += runs[r.run].done - r.sequence;
        sum->records += r.records;
        sum->lost += r.lost;
        sum->doubled += r.doubled;
        sum->torn += r.torn;
    }
}

#endif
