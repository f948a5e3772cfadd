/* SPDX-License-Identifier: Apache-2.0 */

/* Signals to the guardian are signals to the manager, whichever it is and as soon as it can tell. */

#define _GNU_SOURCE
#include "guardian-state.h"

#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* Passes on what is held, once the manager can tell what it is. Before it is established it is
   ended by a signal like any program that starts. */
void swisord_guardian_pass_on(struct swisord_guardian *g) {
    if (!g->manager || !(g->listens || !g->established)) return;
    for (int signal = 1; g->held; signal++) {
        if (!(g->held & SWISORD_SIGNAL_BIT(signal))) continue;
        g->held &= ~SWISORD_SIGNAL_BIT(signal);
        union sigval sender = {.sival_ptr = (void *)(uintptr_t)g->senders[signal - 1]};
        sigqueue(g->manager, signal, sender);
    }
}

static void hold(struct swisord_guardian *g, const struct signalfd_siginfo *info) {
    int signal = (int)info->ssi_signo;
    if (signal == SIGCHLD || signal < 1 || signal > 64) return;
    int asks_for_end = signal == SIGTERM || signal == SIGINT || signal == SIGQUIT;
    if (asks_for_end) {
        g->ending = signal;
        /* Long ago: at once. */
        if (!g->manager) g->due[SWISORD_DUE_START] = 1;
    }
    g->senders[signal - 1] = (uint64_t)info->ssi_uid << 32 | info->ssi_pid;
    /* What the terminal sends, it sends to the manager as well. */
    if (asks_for_end && info->ssi_code == SI_KERNEL && g->manager) return;
    g->held |= SWISORD_SIGNAL_BIT(signal);
}

void swisord_guardian_read_signals(struct swisord_guardian *g) {
    struct signalfd_siginfo info[8];
    ssize_t length;
    while ((length = read(g->signals, info, sizeof info)) > 0)
        for (size_t index = 0; index < (size_t)length / sizeof *info; index++)
            hold(g, &info[index]);
}
