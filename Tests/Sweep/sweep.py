# SPDX-License-Identifier: Apache-2.0
"""Ends swisord's processes at their system calls, and has calls fail: sweep.py FOLDER BIN [short]

As PID 1 of a namespace. One daemon goes through the same scenario again and again: a log that is
rotated, a restart, a stop, a start, and, for the guardian, a manager that is killed. Each time strace
lets one call of the manager, of the guardian or of a child on its way to exec be its last, or fail
with an error that this call may have, or kills the manager while a child is at that call. Afterwards
the daemon must answer, each program must run exactly once, and no line of the log may be missing or
doubled; where a write to it failed, what is missing must have been counted.

Nothing waits but for a condition; the first point at which one does not come about ends it.
"""

import os
import re
import signal
import sys
import time

from world import Daemon, GaveUp

# How many of the calls of one name are tried; the first of them differ most.
DEPTH = int(os.environ.get("DEPTH", "6"))

# Errors that a call may have, and that nobody could do anything against. A file's are for files.
ERRORS = {
    "accept4": "EMFILE ECONNABORTED",
    "chdir": "EACCES",
    "clone": "EAGAIN ENOMEM",
    "clone3": "EAGAIN ENOMEM",
    "close_range": "ENOSYS",
    "dup3": "EMFILE",
    "epoll_create1": "EMFILE",
    "epoll_ctl": "ENOMEM",
    "epoll_pwait": "EINTR",
    "epoll_wait": "EINTR",
    "execve": "ENOMEM EIO",
    "fork": "EAGAIN ENOMEM",
    "fstat": "EIO",
    "futex": "EINTR",
    "getdents64": "EIO",
    "mkdir": "ENOSPC",
    "mkdirat": "ENOSPC",
    "mmap": "ENOMEM",
    "newfstatat": "EIO",
    "openat": "EMFILE EIO",
    "pidfd_open": "EMFILE",
    "pipe2": "EMFILE ENFILE",
    "poll": "EINTR",
    "ppoll": "EINTR",
    "prlimit64": "EPERM",
    "read": "EINTR",
    "recvmsg": "ENOMEM",
    "rmdir": "EBUSY",
    "sendmsg": "EAGAIN ENOBUFS",
    "setsid": "EPERM",
    "socketpair": "EMFILE",
    "statx": "EIO",
    "tee": "ENOMEM",
    "writev": "EPIPE",
}
FILE_ERRORS = {
    "fdatasync": "EIO",
    "fsync": "EIO",
    "ftruncate": "EIO",
    "link": "ENOSPC",
    "linkat": "ENOSPC",
    "openat": "EROFS ENFILE",
    "pwrite64": "ENOSPC",
    "read": "EIO",
    "rename": "ENOSPC EIO",
    "renameat": "ENOSPC EIO",
    "renameat2": "ENOSPC EIO",
    "splice": "ENOSPC EIO",
    "write": "ENOSPC EIO",
}
# How long a child stands still: until its manager is dead, and until the next one has seen it.
STANDS = (20_000, 250_000)

# What the short form tries of the first calls: some of all that can go wrong in each process.
SHORT = {
    "manager": "epoll_wait epoll_pwait recvmsg sendmsg pwrite64 splice rename renameat clone clone3 "
    "socketpair close accept4",
    "guardian": "poll ppoll recvmsg sendmsg waitid socketpair clone",
    "child": "setsid close_range execve",
}


class Point:
    def __init__(self, role, call, number, what, path=None):
        self.role, self.call, self.number = role, call, number
        self.what, self.path = what, path

    def __str__(self):
        return f"{self.what} at {self.call} {self.number} of the {self.role}"

    @property
    def loses_lines(self):
        return self.path is not None and self.what.startswith("error")

    @property
    def is_short(self):
        return self.number == 1 and self.call in SHORT[self.role].split() and (
            not self.what.startswith("error") or self.what == self.first_error()
        )

    def first_error(self):
        errors = FILE_ERRORS if self.path else ERRORS
        return "error=" + errors[self.call].split()[0]


def points_of(role, calls, daemon):
    """All that is tried at the calls of one role, by how often each was made."""
    for call, count in sorted(calls.items()):
        for number in range(1, min(count, DEPTH) + 1):
            yield Point(role, call, number, "signal=SIGKILL")
            if role == "child":
                for stand in STANDS:
                    yield Point(role, call, number, f"delay_exit={stand}")
            for error in ERRORS.get(call, "").split():
                yield Point(role, call, number, f"error={error}")
            if role == "manager":
                for error in FILE_ERRORS.get(call, "").split():
                    yield Point(role, call, number, f"error={error}", daemon.log)


def scenario(daemon, kills_manager=False):
    """What happens at each point. A request may fail: its manager may be gone before it answers."""
    daemon.write_lines(200)
    if kills_manager:
        manager = daemon.manager()
        if manager:
            daemon.send(manager, signal.SIGKILL)
            daemon.until(lambda: daemon.manager() not in (0, manager) or daemon.has_ended(), "a manager")
            daemon.until(lambda: daemon.ask("GET", "/v1/daemon") or daemon.has_ended(), "an answer")
    daemon.ask("POST", "/v1/programs/other/restart")
    daemon.ask("GET", "/v1/programs/writer/logs/stdout?bytes=100")
    daemon.ask("POST", "/v1/programs/other/stop")
    daemon.ask("POST", "/v1/programs/other/start")


def record(daemon):
    """The calls that each role makes in the scenario, and how often, by the busiest thread."""
    found = {"manager": {}, "guardian": {}, "child": {}}
    manager = daemon.manager()
    threads = set(os.listdir(f"/proc/{manager}/task"))
    with daemon.strace(["-f", "-p", str(manager)]):
        scenario(daemon)
    count(daemon.trace(), threads, found["manager"], found["child"])
    daemon.settle()
    with daemon.strace(["-p", str(daemon.pid)]):
        scenario(daemon, kills_manager=True)
    count(daemon.trace(), {""}, found["guardian"], {})
    daemon.settle()
    # What a child does is asked of it where nobody else does the same.
    for call in set(found["child"]) & set(found["manager"]):
        del found["child"][call]
    return found


def count(trace, threads, own, childs):
    seen, executed = {}, set()
    for line in trace:
        match = re.match(r"(?:(\d+) +)?([a-z0-9_]+)\(", line)
        if not match:
            continue
        pid, call = match[1] or "", match[2]
        if pid in executed or call in ("restart_syscall", "exit", "exit_group", "rt_sigreturn"):
            continue
        seen[pid, call] = seen.get((pid, call), 0) + 1
        kind = own if pid in threads else childs
        kind[call] = max(kind.get(call, 0), seen[pid, call])
        if call == "execve":
            executed.add(pid)


def attempt(daemon, point):
    """Goes through the scenario with this point; whether it was reached."""
    injection = f"inject={point.call}:{point.what}:when={point.number}"
    words = ["-e", f"trace={point.call}", "-e", injection]
    if point.path:
        words += ["-P", point.path]
    if point.role == "guardian":
        words += ["-p", str(daemon.pid)]
    else:
        words += ["-f", "-p", str(daemon.manager())]
    with daemon.strace(words):
        if point.what.startswith("delay"):
            daemon.post("/v1/programs/other/restart")
            daemon.until(lambda: daemon.has_traced(), "the child's call")
            daemon.send(daemon.manager(), signal.SIGKILL)
            daemon.until_over()
        scenario(daemon, kills_manager=point.role == "guardian")
    is_reached = any(re.search(r"INJECTED|DELAYED|killed by", line) for line in daemon.trace())
    if not daemon.has_ended() or daemon.is_up():
        daemon.settle(mayLose=point.loses_lines)
    if daemon.has_ended():
        daemon.start_again()
        daemon.settle(mayLose=point.loses_lines)
    return is_reached


def main():
    folder, binaries, *rest = sys.argv[1:]
    daemon = Daemon(folder, binaries)
    daemon.start()
    daemon.settle()
    calls = record(daemon)
    roles = os.environ.get("ROLES", "manager guardian child").split()
    points = [point for role in roles for point in points_of(role, calls[role], daemon)]
    total = len(points)
    if rest == ["short"]:
        points = [point for point in points if point.is_short]
    reached, begin = 0, time.monotonic()
    for point in points:
        try:
            is_reached = attempt(daemon, point)
        except GaveUp as reason:
            daemon.give_up(f"{point}: {reason}")
        reached += is_reached
        if os.environ.get("SHOW"):
            missed = "" if is_reached else " (not reached)"
            print(f"{time.monotonic() - begin:7.2f} {point}{missed}", flush=True)
    daemon.shut_down()
    print(
        f"sweep: {len(points)} of {total} points at {sum(map(len, calls.values()))} system calls in "
        f"{time.monotonic() - begin:.0f} s, {reached} of them reached, {daemon.managers} managers and "
        f"{daemon.guardians} guardians ended: no program lost or doubled, no line lost or doubled"
    )


main()
