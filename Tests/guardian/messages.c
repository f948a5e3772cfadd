/* SPDX-License-Identifier: Apache-2.0 */

/* Scenes of the guardian's about what it is told and what it keeps: messages, descriptors, upgrades;
   and its socket, before the real kernel. */

#include "world.h"

#define GARBAGE 77

static void upgrades(int turn) {
    switch (turn) {
    case 1:
        establish();
        say_slots(SWISORD_UPGRADE, 0, 0, 2);
        say_slots(SWISORD_UPGRADE, 0, 0, 1);
        say_slots(SWISORD_UPGRADE, 0, 0, 1);
        say_nothing(0, 0);
        break;
    case 2:
        check(w.last_timeout == -1);
        manager_does(CLD_EXITED, 0);
        break;
    case 3:
        check(w.forks == 2 && w.last_timeout == 10000);
        say(SWISORD_HELLO, 1);
        break;
    case 4:
        check(last(SWISORD_WELCOME)->flags == SWISORD_UPGRADED && w.last_timeout == 10000);
        say(SWISORD_READY, 0);
        say_slots(SWISORD_UPGRADE, 0, 0, 1);
        manager_does(CLD_EXITED, 0);
        break;
    case 5:
        say_slots(SWISORD_UPGRADE, 0, 0, 1);
        w.time += 10000;
        break;
    case 6:
        check(w.kills == 1);
        manager_does(CLD_KILLED, SIGKILL);
        break;
    case 7:
        say(SWISORD_HELLO, 1);
        break;
    case 8:
        check(last(SWISORD_WELCOME)->flags == SWISORD_ROLLED_BACK);
        check(last(SWISORD_WELCOME)->crashes == 0 && w.forks == 4);
        say(SWISORD_READY, 0);
        manager_does(CLD_EXITED, 0);
        break;
    case 9:
        check(w.forks == 5 && w.last_timeout == -1);
        say(SWISORD_HELLO, 1);
        break;
    case 10:
        check(last(SWISORD_WELCOME)->flags == 0);
        curtain();
    }
}

static void upgrade_in_child(int turn) {
    if (turn != 1) return;
    establish();
    say_slots(SWISORD_UPGRADE, 0, 0, 1);
    manager_does(CLD_EXITED, 0);
    w.is_child = 1;
}

static void texts(int turn) {
    switch (turn) {
    case 1: {
        establish();
        say_slots(SWISORD_FAILED, 4, 0x41424344, 0);
        say_slots(SWISORD_FAILED, SWISORD_GUARDIAN_TEXT + 1, 0, 0);
        manager_does(CLD_EXITED, 70);
        break;
    }
    case 2: say(SWISORD_HELLO, 1); break;
    case 3:
        check(last(SWISORD_WELCOME)->count == 4 && !memcmp(last(SWISORD_WELCOME)->text, "DCBA", 4));
        check(last(SWISORD_WELCOME)->status == 70);
        curtain();
    }
}

/* Descriptors: 300 of them in three answers; bad ones are refused. */
static void stores(int turn) {
    static int replaced;
    switch (turn) {
    case 1:
        say_slots(SWISORD_STORE, 128, 0, 128);
        say_slots(SWISORD_STORE, 128, 128, 128);
        say_slots(SWISORD_STORE, 44, 60000, 44);
        replaced = w.incoming[2].descriptors[10];
        say_slots(SWISORD_DROP, 4, 0, 0);
        say(SWISORD_HELLO, 1);
        say(SWISORD_FETCH, 0);
        w.send_error = EAGAIN;
        break;
    case 2:
        check(w.sent_count == 0);
        w.send_error = 0;
        w.is_writable = 1;
        break;
    case 3:
        check(last(SWISORD_STORED)->count == 128 && last(SWISORD_STORED)->value == 132);
        check(last(SWISORD_STORED)->slots[0] == 4 && w.sent[1].count == 128);
        check(fcntl(w.sent[1].descriptors[127], F_GETFD) >= 0 && fcntl(replaced, F_GETFD) >= 0);
        say(SWISORD_FETCH, 132);
        break;
    case 4:
        check(last(SWISORD_STORED)->count == 128 && last(SWISORD_STORED)->value == 60004);
        say(SWISORD_FETCH, 60004);
        say_slots(SWISORD_STORE, 1, 60010, 1);
        break;
    case 5:
        check(last(SWISORD_STORED)->count == 40 && last(SWISORD_STORED)->value == -1);
        check(fcntl(replaced, F_GETFD) == -1);
        say(SWISORD_FETCH, 2000000000);
        break;
    case 6:
        check(last(SWISORD_STORED)->count == 0 && w.sent[(w.sent_count - 1) % 64].count == 0);
        say_slots(SWISORD_STORE, 2, SWISORD_GUARDIAN_SLOTS - 1, 2);
        say_slots(SWISORD_STORE, 2, -1, 2);
        say_slots(SWISORD_STORE, 2, 65000, 1);
        say_slots(SWISORD_STORE, 129, 65000, 128);
        say_slots(SWISORD_DROP, 129, 0, 0);
        say_slots(SWISORD_DROP, 1, 4, 1);
        say_slots(GARBAGE, 0, 0, 3);
        say(GARBAGE, 0);
        say(SWISORD_FETCH, -1);
        say_nothing(-1, EBADMSG);
        say_nothing(-1, ECONNRESET);
        say_nothing(-1, EINTR);
        break;
    case 7:
        check(w.sent[(w.sent_count - 1) % 64].message.kind == SWISORD_STORED);
        say(SWISORD_FETCH, 60011);
        break;
    case 8:
        check(last(SWISORD_STORED)->count == 33);
        curtain();
    }
}

/* Slots of a message that has several. */
static void say_pairs(uint32_t count, const int *slots) {
    say_slots(SWISORD_MOVE, count, 0, 0);
    memcpy(w.incoming[w.incoming_count - 1].message.slots, slots, count * sizeof *slots);
}

/* What is moved is kept once, in its new place, and what was there is closed. */
static void moves(int turn) {
    static int moved, replaced;
    switch (turn) {
    case 1:
        say_slots(SWISORD_STORE, 2, 10, 2);
        moved = w.incoming[0].descriptors[0];
        replaced = w.incoming[0].descriptors[1];
        say_pairs(4, (const int[]){10, 11, 12, 13});
        say_pairs(2, (const int[]){11, 11});
        say_pairs(1, (const int[]){11});
        say_pairs(2, (const int[]){11, SWISORD_GUARDIAN_SLOTS});
        say(SWISORD_FETCH, 0);
        break;
    case 2:
        check(last(SWISORD_STORED)->count == 1 && last(SWISORD_STORED)->slots[0] == 11);
        check(fcntl(moved, F_GETFD) >= 0 && fcntl(replaced, F_GETFD) == -1);
        curtain();
    }
}

/* A message may come in any number at once, also after the manager's death. */
static void flood(int turn) {
    switch (turn) {
    case 1:
        for (int index = 0; index < 300; index++) say(GARBAGE, 0);
        say(SWISORD_HELLO, 1);
        break;
    case 2:
        check(w.sent_count == 0 && w.incoming_next == 256);
        for (int index = 0; index < 600; index++) say(SWISORD_READY, 0);
        say(SWISORD_FAREWELL, 6);
        manager_does(CLD_EXITED, 0);
        break;
    }
}

/* Descriptors are taken up to where a restart still has numbers of its own. */
static void no_room(int turn) {
    if (turn == 0) w.hard_limit = 700;
    if (turn == 1) {
        for (int last = 0; last < 2; last++) {
            say_slots(SWISORD_STORE, 1, last, 1);
            int *descriptor = &w.incoming[w.incoming_count - 1].descriptors[0];
            int high = fcntl(*descriptor, F_DUPFD, 700 - 16 - last);
            close(*descriptor);
            *descriptor = high;
            check(high == 700 - 16 - last);
        }
        say_nothing(-1, EMFILE);
        w.send_error = EAGAIN;
    }
    if (turn == 2) {
        check(w.sent_count == 0 && w.last_events & POLLOUT);
        say(SWISORD_FETCH, 0);
        w.send_error = 0;
    }
    if (turn == 3) w.is_writable = 1;
    if (turn == 5) {
        check(w.sent_count == 2 && w.sent[0].message.kind == SWISORD_STORED);
        check(w.sent[0].message.count == 1 && w.sent[0].message.slots[0] == 1);
        /* The manager is told of the one that was too high, and of the one that never came. */
        check(last(SWISORD_REFUSED)->count == 2);
        say(SWISORD_HELLO, 1);
    }
    if (turn == 6) {
        check(last(SWISORD_WELCOME)->start == 1 && w.sent_count == 3);
        curtain();
    }
}

/* An acknowledged child is reaped, also when the manager died right after. */
static void last_words(int turn) {
    switch (turn) {
    case 1:
        establish();
        child_ends(300, 1);
        break;
    case 2:
        check(last(SWISORD_EXIT)->value == 300);
        manager_does(CLD_EXITED, 1);
        say(SWISORD_ACK, 300);
        break;
    case 3:
        check(w.children[0].was_reaped);
        say(SWISORD_FETCH, 0);
        w.send_error = EPIPE;
        break;
    case 4:
        check(w.last_timeout >= 0);
        say_nothing(0, 0);
        break;
    case 5:
        check(w.last_timeout >= 0);
        w.time += 101;
        break;
    case 6: curtain();
    }
}

static void late(int turn) {
    if (turn == 0) return;
    if (turn == 1) {
        establish();
        manager_does(CLD_STOPPED, SIGSTOP);
    } else if (turn == 2) {
        check(w.last_timeout == INT32_MAX);
        w.time += 3000000000;
    } else {
        curtain();
    }
}

static void the_socket(void) {
    int ends[2], descriptors[SWISORD_GUARDIAN_BATCH], more[200];
    size_t count;
    struct swisord_guardian_message m = {.kind = SWISORD_STORE, .count = 3}, got;
    char large[2 * sizeof m] = {0};
    w.name = "the socket";
    check(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) == 0);
    check(swisord_guardian_receive(ends[0], &got, descriptors, &count) == -1 && errno == EAGAIN);
    int three[3] = {0, 1, 2};
    check(swisord_guardian_send(ends[1], &m, three, 3) == 0);
    check(swisord_guardian_receive(ends[0], &got, descriptors, &count) == 1 && count == 3);
    check(memcmp(&m, &got, sizeof m) == 0 && fcntl(descriptors[2], F_GETFD) == FD_CLOEXEC);
    check(swisord_guardian_send(ends[1], &m, NULL, 0) == 0);
    check(swisord_guardian_receive(ends[0], &got, descriptors, &count) == 1 && count == 0);
    const size_t lengths[] = {0, 1, sizeof m - 1, sizeof m + 1, sizeof large};
    for (size_t index = 0; index < sizeof lengths / sizeof *lengths; index++) {
        check(send(ends[1], large, lengths[index], 0) == (ssize_t)lengths[index]);
        check(swisord_guardian_receive(ends[0], &got, descriptors, &count) == -1);
        check(errno == EBADMSG && count == 0);
    }
    int before = dup(0);
    close(before);
    for (int index = 0; index < 200; index++) more[index] = 0;
    check(swisord_guardian_send(ends[1], &m, more, 200) == 0);
    check(swisord_guardian_receive(ends[0], &got, descriptors, &count) == -1 && errno == EBADMSG);
    int after = dup(0);
    check(after == before);
    close(after);
    struct rlimit limit, few;
    getrlimit(RLIMIT_NOFILE, &limit);
    few = limit;
    few.rlim_cur = (rlim_t)before + 2;
    setrlimit(RLIMIT_NOFILE, &few);
    check(swisord_guardian_send(ends[1], &m, three, 3) == 0);
    check(swisord_guardian_receive(ends[0], &got, descriptors, &count) == -1 && errno == EMFILE);
    setrlimit(RLIMIT_NOFILE, &limit);
    after = dup(0);
    check(after == before);
    close(after);
    int on = 1;
    setsockopt(ends[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof on);
    check(swisord_guardian_send(ends[1], &m, NULL, 0) == 0);
    check(swisord_guardian_receive(ends[0], &got, descriptors, &count) == 1 && count == 0);
    close(ends[1]);
    check(swisord_guardian_receive(ends[0], &got, descriptors, &count) == 0);
    check(swisord_guardian_send(ends[0], &m, NULL, 0) == -1 && errno == EPIPE);
    close(ends[0]);
}

static void the_messages(void) {
    static struct swisord_guardian g;
    struct swisord_guardian_message m = {.kind = SWISORD_HELLO};
    w.name = "the messages";
    swisord_guardian_reset(&g);
    int extra = dup(0);
    check(swisord_guardian_take(&g, &m, sizeof m - 1, &extra, 1) == 0);
    check(fcntl(extra, F_GETFD) == -1);
    check(swisord_guardian_take(&g, &m, sizeof m - 1, NULL, 0) == 0 && !g.owes_welcome);
    check(swisord_guardian_take(&g, &m, sizeof m, NULL, 0) == 1 && g.owes_welcome);
    m = (struct swisord_guardian_message){.kind = SWISORD_FETCH, .value = -1};
    check(swisord_guardian_take(&g, &m, sizeof m, NULL, 0) == 0 && !g.owes_stored);
    check(g.ready == -1 && g.too_high == INT32_MAX);
}

void play_messages(void) {
    const struct swisord_guardian_limits patient = {5, 60000, 10000, UINT32_MAX, 1000};
    check(play("upgrades", upgrades, NULL, -1) == -1);
    check(play("upgrade in child", upgrade_in_child, NULL, -1) == 127);
    /* The path of the start is another executable's. */
    check(w.executions == 1);
    /* Whoever goes on instead is told why. */
    check(strncmp(last(SWISORD_FAILED)->text, "it cannot be executed: ", 23) == 0);
    check(last(SWISORD_FAILED)->count == strlen(last(SWISORD_FAILED)->text));
    check(play("texts", texts, NULL, -1) == -1);
    check(play("stores", stores, NULL, -1) == -1);
    check(play("moves", moves, NULL, -1) == -1);
    check(play("flood", flood, NULL, -1) == 6);
    check(play("no room", no_room, NULL, -1) == -1);
    check(play("last words", last_words, NULL, -1) == -1);
    check(play("late", late, &patient, -1) == -1);
    the_socket();
    the_messages();
}
