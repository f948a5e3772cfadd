/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SWISORD_CSPAWN_H
#define SWISORD_CSPAWN_H

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/types.h>

#endif
