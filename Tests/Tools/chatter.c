/* SPDX-License-Identifier: Apache-2.0 */

/*
 * chatter TABLE SLOT: a program that writes numbered records and ends in a way of its choice.
 *
 * What it does it also notes in a table that it shares with chaos.c, before and after: so the truth
 * is known of each run, whoever is killed. Two at a time in one slot are noted as well.
 */

#define _GNU_SOURCE
#include "chaos.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <time.h>
#include <unistd.h>

static struct chaos_table *open_table(const char *path) {
    int descriptor = open(path, O_RDWR | O_CLOEXEC);
    if (descriptor < 0) return NULL;
    void *memory =
        mmap(NULL, sizeof(struct chaos_table), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

/* Whether this process is the only one in its slot; the lock goes with the process. */
static int is_alone(const char *path, int slot) {
    static int descriptor;
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = slot, .l_len = 1};
    descriptor = open(path, O_RDWR | O_CLOEXEC);
    return descriptor >= 0 && fcntl(descriptor, F_SETLK, &lock) == 0;
}

static volatile sig_atomic_t is_asked;

static void note(int signal) {
    (void)signal;
    is_asked = 1;
}

/* A guest goes on for a while when it is asked to end, and then ends by itself. */
static void behave_as_guest(void) {
    const struct sigaction action = {.sa_handler = note, .sa_flags = SA_RESTART};
    sigaction(SIGTERM, &action, NULL);
}

static void rest(unsigned microseconds) {
    struct timeval time = {0, (long)microseconds};
    select(0, NULL, NULL, NULL, &time);
}

/* Each is short enough for the kernel to take it whole or not at all. */
static void put(const char *text, size_t length) {
    for (size_t done = 0; done < length;) {
        ssize_t written = write(1, text + done, length - done);
        if (written <= 0) _exit(97);
        done += (size_t)written;
    }
}

/* Writes what is not for the log, sometimes in two pieces: who dies between them leaves one. */
static void put_aside(struct chaos_run *run, unsigned *random, const char *text) {
    size_t length = strlen(text);
    size_t cut = rand_r(random) % 4 ? length : 1 + rand_r(random) % (length - 1);
    put(text, cut);
    if (cut == length) return;
    run->half = (uint32_t)cut;
    if (rand_r(random) % 4 == 0) rest(rand_r(random) % 4000);
    run->half = 0;
    put(text + cut, length - cut);
}

int main(int count, char **words) {
    struct chaos_table *table = count == 3 ? open_table(words[1]) : NULL;
    int slot = count == 3 ? atoi(words[2]) : -1;
    if (!table || slot < 0 || slot >= CHAOS_SLOTS) return 99;
    struct chaos_slot *own = &table->slots[slot];
    if (!is_alone(words[1], slot)) __atomic_add_fetch(&table->doubles, 1, __ATOMIC_SEQ_CST);
    int number = __atomic_fetch_add(&own->count, 1, __ATOMIC_SEQ_CST);
    if (number >= CHAOS_RUNS) return 98;
    struct chaos_run *run = &own->runs[number];
    unsigned random = ((unsigned)slot * 2654435761u) ^ ((unsigned)number * 40503u) ^ table->seed;
    run->pid = getpid();
    unsigned records = 20 + rand_r(&random) % 400;
    int kind = CHAOS_KIND(slot), left = rand_r(&random) % 100;
    if (kind == CHAOS_GUESTS) behave_as_guest();
    for (unsigned sequence = 0; sequence < records || table->is_calm; sequence++) {
        char record[64];
        run->calm = (uint32_t)table->is_calm;
        if (is_asked && (left-- == 0 || table->is_over)) break;
        if (table->is_over) {
            rest(100000);
            continue;
        }
        if (kind & CHAOS_MESSAGES && rand_r(&random) % 3 == 0)
            put_aside(run, &random, CHAOS_MESSAGE);
        if (kind & CHAOS_COLOURS) put_aside(run, &random, CHAOS_COLOUR);
        int length = snprintf(record, sizeof record, "%02d %06d %08u ------------%s\n", slot, number,
                              sequence, kind & CHAOS_COLOURS ? "\033[0m" : "");
        run->begun = sequence + 1;
        put(record, (size_t)length);
        run->done = sequence + 1;
        if (rand_r(&random) % 16 == 0) rest(rand_r(&random) % 4000);
    }
    if (rand_r(&random) % 5 == 0) {
        run->end = -SIGABRT;
        signal(SIGABRT, SIG_DFL);
        kill(getpid(), SIGABRT);
        pause();
    }
    run->end = 1 + (int)(rand_r(&random) % 90);
    _exit(run->end);
}
