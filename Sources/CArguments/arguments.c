/* SPDX-License-Identifier: Apache-2.0 */

#include "CArguments.h"

static char **arguments;

/* glibc calls those of the executable with what main gets. */
__attribute__((constructor)) static void keep_arguments(int count, char **argv) {
    (void)count;
    arguments = argv;
}

char *const *swisordctl_arguments(void) {
    return arguments;
}
