/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SWISORD_CHAOS_CONFIGURATION_H
#define SWISORD_CHAOS_CONFIGURATION_H

/* The file that the daemon reads: all programs of the chaos, the guests or not. */

#include "chaos.h"

#include <stdio.h>
#include <stdlib.h>

static void write_kind(FILE *file, int kind, const char *folder, const char *chatter) {
    fprintf(file,
            "  chatter%d:\n    command: [%s, %s/table, \"%%(process_num)d\"]\n"
            "    process_name: \"%%(process_num)02d\"\n    numprocs: %d\n"
            "    numprocs_start: %d\n    strip_ansi: %s\n    stdout_capture_maxbytes: %s\n"
            "    stdout_events_enabled: %s\n",
            kind, chatter, folder, CHAOS_EACH, kind * CHAOS_EACH,
            kind & CHAOS_COLOURS ? "true" : "false", kind & CHAOS_MESSAGES ? "1KB" : "0",
            kind == 3 ? "true" : "false");
}

static void write_configuration(const char *path, const char *folder, const char *chatter,
                                int are_guests_there, int round) {
    FILE *file = fopen(path, "w");
    if (!file) exit(2);
    fprintf(file,
            "swisord:\n  runtime_dir: %s/run\n  state_dir: %s/state\n  logfile: %s/swisord.log\n"
            "  logfile_maxbytes: 0\n  childlogdir: %s/log\n"
            "defaults:\n  startsecs: 0\n  autorestart: true\n  startretries: forever\n"
            "  backoff: {initial: 1ms, max: 5ms}\n"
            "  stdout_logfile: \"%s/log/%%(process_num)02d.log\"\n"
            "  stdout_logfile_maxbytes: 512KB\n  stdout_logfile_backups: 400\n"
            "  stderr_logfile: NONE\nprograms:\n",
            folder, folder, folder, folder, folder);
    for (int kind = 0; kind < CHAOS_KINDS; kind++)
        if (kind != CHAOS_GUESTS || are_guests_there) write_kind(file, kind, folder, chatter);
    /* Another environment each time: who is there already is restarted. */
    if (are_guests_there) fprintf(file, "    environment: {ROUND: \"%d\"}\n", round);
    if (fclose(file) != 0) exit(2);
}

#endif
