/* SPDX-License-Identifier: Apache-2.0 */

/*
 * acceptor NUMBER [COUNT]: a program that serves a socket which it was given as that descriptor.
 *
 * To each client it says its pid and a line end, and after COUNT clients it exits. It takes what
 * sd_listen_fds(3) takes: with NUMBER 3 the variables must say that the socket is for this process.
 */

#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char *variable(const char *name) {
    const char *value = getenv(name);
    return value ? value : "";
}

int main(int count, char **arguments) {
    if (count < 2) return 2;
    int listening = atoi(arguments[1]);
    long clients = count > 2 ? atol(arguments[2]) : -1;
    char own[32];
    int length = snprintf(own, sizeof own, "%d\n", (int)getpid());
    if (listening == 3 &&
        (atol(variable("LISTEN_PID")) != (long)getpid() || strcmp(variable("LISTEN_FDS"), "1") != 0))
        return 3;
    while (clients != 0) {
        int client = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
        if (client < 0 && (errno == EINTR || errno == ECONNABORTED)) continue;
        if (client < 0) return 4;
        if (send(client, own, (size_t)length, MSG_NOSIGNAL) == length && clients > 0) clients--;
        close(client);
    }
    return 0;
}
