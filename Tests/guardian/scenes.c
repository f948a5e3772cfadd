/* SPDX-License-Identifier: Apache-2.0 */

/* What the guardian does, turn by turn, before the kernel of world.c: above all what a real kernel
   does not do on demand. */

#include "world.h"

static void exec_fails(int turn) {
    (void)turn;
    w.is_child = 1;
    w.hard_limit = 512;
}

static void exec_fails_with_room(int turn) {
    (void)turn;
    w.is_child = 1;
}

static void no_executable(int turn) {
    (void)turn;
    w.open_failures = 2;
}

static void no_path(int turn) {
    (void)turn;
    w.open_failures = 1;
    w.no_path = 1;
}

static void no_proc(int turn) {
    w.open_failures = turn == 0;
    w.own_pid = 1;
    w.hard_limit = RLIM_INFINITY;
    if (turn == 1) {
        check(w.subreaper == 0);
        curtain();
    }
}

static void no_limits(int turn) {
    (void)turn;
    w.limit_error = 1;
}

static void no_signalfd(int turn) {
    (void)turn;
    w.signalfd_error = 1;
}

/* Idle: no timer. Exits: one at a time, none before LISTEN, reaped after the ACK. */
static void exits(int turn) {
    switch (turn) {
    case 1:
        check(w.last_timeout == -1 && w.subreaper == 1 && w.forks == 1);
        check(w.given_up == (1 << 1 | 1 << 2 | 1 << (2 + 8)));
        say(SWISORD_HELLO, 1);
        child_ends(201, 5);
        break;
    case 2:
        check(last(SWISORD_WELCOME)->start == 1 && last(SWISORD_WELCOME)->open_files == 1024);
        check(last(SWISORD_WELCOME)->guardian == OURSELVES);
        say(SWISORD_ACK, 201);
        say(SWISORD_LISTEN, 0);
        w.send_error = EAGAIN;
        break;
    case 3:
        check(w.last_events & POLLOUT && w.sent_count == 1);
        break;
    case 4:
        check(w.last_events & POLLOUT && w.sent_count == 1);
        w.send_error = ETOOMANYREFS;
        w.is_writable = 1;
        break;
    case 5:
        check(w.last_timeout > 0 && w.last_timeout <= 101 && !(w.last_events & POLLOUT));
        w.send_error = 0;
        break;
    case 6:
        check(w.sent_count == 1);
        w.time += 101;
        break;
    case 7:
        check(last(SWISORD_EXIT)->value == 201 && last(SWISORD_EXIT)->status == 5);
        check(w.last_timeout == 10000 && !w.children[0].was_reaped);
        child_ends(202, 6);
        say(SWISORD_ACK, 202);
        break;
    case 8:
        check(w.sent_count == 2);
        say(SWISORD_ACK, 201);
        w.send_error = EAGAIN;
        w.is_writable = 0;
        break;
    case 9:
        check(w.children[0].was_reaped && w.sent_count == 2 && w.last_events & POLLOUT);
        break;
    case 10:
        w.is_writable = 1;
        w.send_error = 0;
        break;
    case 11:
        check(w.sent[2].message.kind == SWISORD_REAPED && w.sent[2].message.value == 201);
        check(w.sent[2].message.count == 1 && last(SWISORD_EXIT)->value == 202);
        w.time += 9999;
        break;
    case 12:
        check(w.kills == 0 && w.last_timeout == 1);
        w.time += 1;
        break;
    case 13:
        check(w.kills == 1 && w.last_timeout == -1);
        manager_does(CLD_KILLED, SIGKILL);
        break;
    }
}

/* A child whose death is the manager's: not told, seen by its pid. */
static void own_death(int turn) {
    switch (turn) {
    case 1:
        establish();
        child_ends(MANAGER, 3);
        break;
    case 2:
        check(w.sent_count == 1);
        w.wait_error = 1;
        break;
    case 3:
        w.wait_error = 0;
        say(SWISORD_FAREWELL, 256 + 9);
        say_nothing(0, 0);
        break;
    case 4:
        check(w.last_timeout == 2501 && w.kills == 0);
        manager_does(CLD_EXITED, 3);
        break;
    }
}

/* A manager that said farewell and does not end is not waited for, nor is it killed. */
static void left_behind(int turn) {
    switch (turn) {
    case 1:
        establish();
        say(SWISORD_FAREWELL, 4);
        break;
    case 2:
        check(w.last_timeout == 2501);
        w.time += 2500;
        break;
    case 3:
        check(w.last_timeout == 1);
        w.time += 1;
        break;
    }
}

static void ends_early(int turn) {
    if (turn == 1) manager_does(CLD_EXITED, 3);
}

static void stops(int turn) {
    switch (turn) {
    case 1:
        establish();
        manager_does(CLD_STOPPED, SIGSTOP);
        break;
    case 2:
        check(w.last_timeout == 10000);
        manager_does(CLD_CONTINUED, SIGCONT);
        break;
    case 3:
        check(w.last_timeout == -1);
        w.time += 20000;
        manager_does(CLD_TRAPPED, SIGTRAP);
        break;
    case 4:
        check(w.kills == 0 && w.last_timeout == 10000);
        say_nothing(-1, EBADMSG);
        child_ends(400, 0);
        w.time += 1000;
        break;
    case 5:
        check(w.last_timeout == 9000 && last(SWISORD_EXIT)->value == 400);
        say_nothing(0, 0);
        w.time += 20000;
        break;
    case 6:
        check(w.kills == 2 && w.last_timeout == 10000);
        curtain();
    }
}

/* More than five crashes in a minute: one try in ten seconds, for ever. */
static void crashes(int turn) {
    if (turn == 0 || turn > 40) {
        if (turn > 40) curtain();
        return;
    }
    if (w.last_timeout != -1) {
        w.time += w.last_timeout;
        return;
    }
    if (w.forks > 1 && w.forks <= 6) check(w.time == 1000000 + w.forks - 1);
    if (w.forks == 7) check(w.time == 1000000 + 6 + 10000);
    if (w.forks == 8) check(w.time == 1000000 + 7 + 20000);
    w.time += 1;
    establish();
    manager_does(CLD_DUMPED, SIGSEGV);
}

static void many_crashes(int turn) {
    if (turn == 40) {
        check(last(SWISORD_WELCOME)->crashes == 32);
        curtain();
    }
    if (turn > 0) {
        establish();
        if (turn < 39) manager_does(CLD_EXITED, 1);
    }
}

static void no_process(int turn) {
    switch (turn) {
    case 0: w.pair_error = EMFILE; break;
    case 1:
        check(w.forks == 0 && w.last_timeout == 1000);
        w.pair_error = 0;
        w.fork_error = EAGAIN;
        w.time += 1000;
        break;
    case 2:
        check(w.forks == 1 && w.last_timeout == 1000);
        signal_comes(SIGQUIT, SI_KERNEL, 0);
        signal_comes(SIGTERM, SI_USER, 55);
        break;
    case 3:
        check(w.forks == 2 && w.passed_on == 0);
        w.fork_error = 0;
        w.time += 5000;
        break;
    case 4:
        check(w.forks == 3 && w.passed_on == (1ULL << SIGQUIT | 1ULL << SIGTERM));
        check(w.passed_sender == ((uint64_t)7 << 32 | 55));
        manager_does(CLD_KILLED, SIGTERM);
        break;
    }
}

static void signals(int turn) {
    switch (turn) {
    case 1:
        establish();
        signal_comes(SIGCHLD, CLD_EXITED, 3);
        signal_comes(SIGINT, SI_KERNEL, 0);
        signal_comes(0, SI_USER, 1);
        signal_comes(65, SI_USER, 1);
        break;
    case 2:
        check(w.passed_on == 0);
        signal_comes(SIGHUP, SI_KERNEL, 0);
        signal_comes(64, SI_USER, 4);
        signal_comes(SIGQUIT, SI_USER, 5);
        break;
    case 3:
        check(w.passed_on == (1ULL << SIGHUP | 1ULL << SIGQUIT) && w.passed_at_64);
        curtain();
    }
}

/* The end is asked for, and one manager after the other dies of it. */
/* A signal that comes while there is none, or before it listens, is kept for the next manager. */
static void kept_signals(int turn) {
    switch (turn) {
    case 1:
        establish();
        manager_does(CLD_EXITED, 1);
        break;
    case 2: signal_comes(SIGHUP, SI_USER, 1); break;
    case 3:
        check(w.passed_on == 0);
        say(SWISORD_LISTEN, 0);
        break;
    case 4:
        check(w.passed_on == 1ULL << SIGHUP);
        curtain();
    }
}

/* An exit that was not acknowledged is told again, once; then there is nothing to wait for. */
static void told_again(int turn) {
    switch (turn) {
    case 1:
        establish();
        child_ends(300, 1);
        break;
    case 2:
        check(last(SWISORD_EXIT)->value == 300);
        manager_does(CLD_KILLED, SIGKILL);
        break;
    case 3:
        check(w.sent_count == 2);
        /* The next one does not wait for the kernel to forget the last. */
        check(w.is_ahead && w.manager_next == w.manager_count);
        establish();
        break;
    case 4:
        check(last(SWISORD_EXIT)->value == 300 && !w.children[0].was_reaped);
        say(SWISORD_ACK, 300);
        break;
    case 5:
        check(last(SWISORD_REAPED)->count == 0 && w.children[0].was_reaped);
        check(w.last_timeout == -1 && w.kills == 0);
        curtain();
    }
}

/* A minute later a crash is forgotten. */
static void old_crashes(int turn) {
    if (turn == 1 || turn == 2) {
        establish();
        manager_does(CLD_EXITED, 1);
        w.time += 60000;
    }
    if (turn == 3) say(SWISORD_HELLO, 1);
    if (turn == 4) {
        check(last(SWISORD_WELCOME)->crashes == 1);
        curtain();
    }
}

/* The deadline passed while the guardian was on its way to wait for it. */
static void passed(int turn) {
    w.pair_error = EMFILE;
    w.tick = 1;
    if (turn == 1) check(w.last_timeout == 0);
    if (turn == 1) curtain();
}

static void never_ending(int turn) {
    check(turn < 20 && w.last_timeout <= 0);
    switch (turn) {
    case 0: break;
    case 1:
        establish();
        signal_comes(SIGTERM, SI_USER, 1);
        break;
    default:
        if (w.passed_on) {
            check(w.passed_on == (uint64_t)1 << SIGTERM);
            w.passed_on = 0;
            manager_does(CLD_KILLED, SIGABRT);
        } else {
            establish();
        }
    }
}

int main(void) {
    const struct swisord_guardian_limits eager = {1000, 60000, 10, 10000, 10};
    const struct swisord_guardian_limits hasty = {5, 60000, 10000, 10000, 0};
    setenv("SWISORD_GUARDIAN", "1", 1);
    check(play("exec fails", exec_fails, NULL, -1) == 127);
    /* By the descriptor, by the path of that, by the path of the start. */
    check(w.executed >= 0 && w.executions == 2 && w.executed_path[0] != 0);
    check(strncmp(w.executed_path, "/proc/self/fd/", 14) != 0);
    check(play("exec fails with room", exec_fails_with_room, NULL, -1) == 127);
    check(getenv("SWISORD_GUARDIAN") == NULL && getenv("SWISORD_MANAGER") != NULL);
    check(play("no executable", no_executable, NULL, -1) == 1);
    check(play("no path", no_path, NULL, -1) == 1);
    check(play("no proc", no_proc, NULL, -1) == -1);
    check(play("no limits", no_limits, NULL, -1) == 1);
    check(play("no signalfd", no_signalfd, NULL, -1) == 1);
    setenv("SWISORD_READY", "9", 1);
    int ready = dup(0);
    check(play("exits", exits, NULL, ready) == 128 + SIGKILL);
    check(getenv("SWISORD_READY") == NULL && fcntl(ready, F_GETFD) == -1);
    check(play("own death", own_death, NULL, -1) == 9);
    check(play("left behind", left_behind, NULL, -1) == 4 && w.kills == 0);
    check(play("ends early", ends_early, NULL, -1) == 3);
    check(play("stops", stops, NULL, -1) == -1);
    check(play("crashes", crashes, NULL, -1) == -1);
    check(play("many crashes", many_crashes, &eager, -1) == -1);
    check(play("no process", no_process, NULL, -1) == 128 + SIGTERM);
    check(play("signals", signals, NULL, -1) == -1);
    check(play("kept signals", kept_signals, NULL, -1) == -1);
    check(play("told again", told_again, NULL, -1) == -1);
    check(play("old crashes", old_crashes, NULL, -1) == -1);
    check(play("passed", passed, &hasty, -1) == -1);
    check(play("never ending", never_ending, NULL, -1) == 1 && w.forks == 5);
    play_messages();
    if (w.failures == 0) puts("all scenes as written");
    return w.failures != 0;
}
