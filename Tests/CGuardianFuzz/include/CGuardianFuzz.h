/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SWISORD_GUARDIAN_FUZZ_H
#define SWISORD_GUARDIAN_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* Gives bytes to both ends of the guardian's protocol; what is wrong, or NULL. */
const char *swisord_fuzz_guardian(const uint8_t *bytes, size_t length);

#endif
