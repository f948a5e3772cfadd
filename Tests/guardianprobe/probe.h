/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROBE_H
#define PROBE_H

#include "CSpawn.h"

/* Kills managers under a guardian while children come and go; 0 if no exit was lost. */
int chaos(int argc, char **argv);
/* The guardian and the managers of that. */
int chaos_manager(int channel, int memory);

/* A child of the guardian's, beside this manager; 0 in the child. */
pid_t sibling(void);

#endif
