/* SPDX-License-Identifier: Apache-2.0 */

/* How a message and its descriptors travel; the same for both sides. */

#define _GNU_SOURCE
#include "guardian.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The most descriptors the kernel lets travel together (SCM_MAX_FD). */
#define MOST 253

union control {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(MOST * sizeof(int))];
};

int swisord_guardian_send(int channel, const struct swisord_guardian_message *message,
                          const int *descriptors, size_t count) {
    union control control;
    struct iovec part = {(void *)message, sizeof *message};
    struct msghdr packet = {.msg_iov = &part, .msg_iovlen = 1};
    if (count > 0) {
        memset(&control, 0, sizeof control);
        packet.msg_control = &control;
        packet.msg_controllen = CMSG_SPACE(count * sizeof(int));
        control.header.cmsg_level = SOL_SOCKET;
        control.header.cmsg_type = SCM_RIGHTS;
        control.header.cmsg_len = CMSG_LEN(count * sizeof(int));
        memcpy(CMSG_DATA(&control.header), descriptors, count * sizeof(int));
    }
    return sendmsg(channel, &packet, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -1 : 0;
}

/* A length of zero is either an empty packet or the end, which closes both directions (POLLHUP). */
static int has_ended(int channel) {
    struct pollfd end = {.fd = channel};
    return poll(&end, 1, 0) == 1;
}

int swisord_guardian_receive(int channel, struct swisord_guardian_message *message,
                             int *descriptors, size_t *count) {
    union control control;
    struct iovec part = {message, sizeof *message};
    struct msghdr packet = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control,
                            .msg_controllen = sizeof control};
    *count = 0;
    ssize_t length = recvmsg(channel, &packet, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (length < 0) return -1;
    const struct cmsghdr *header = CMSG_FIRSTHDR(&packet);
    size_t came = 0;
    int all[MOST];
    if (header && header->cmsg_type == SCM_RIGHTS) {
        came = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        memcpy(all, CMSG_DATA(header), came * sizeof(int));
    }
    if (length == sizeof *message && !(packet.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) &&
        came <= SWISORD_GUARDIAN_BATCH) {
        memcpy(descriptors, all, came * sizeof(int));
        *count = came;
        return 1;
    }
    for (size_t index = 0; index < came; index++) close(all[index]);
    if (length == 0 && has_ended(channel)) return 0;
    errno = packet.msg_flags & MSG_CTRUNC ? EMFILE : EBADMSG;
    return -1;
}
