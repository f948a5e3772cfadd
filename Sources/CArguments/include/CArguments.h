/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SWISORDCTL_ARGUMENTS_H
#define SWISORDCTL_ARGUMENTS_H

/* What main was given, with a null pointer at its end. Swift's own arguments are read from /proc,
   which may not be there. */
char *const *swisordctl_arguments(void);

#endif
