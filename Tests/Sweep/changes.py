# SPDX-License-Identifier: Apache-2.0
"""Kills the manager at its system calls while reloads change everything: changes.py FOLDER BIN [short]

As PID 1 of a namespace. The file goes back and forth between two configurations, in which a program
comes and goes, one has another command, another log or another group, one is mended and broken
again, one has a socket or none, and one has more or fewer processes. Each time strace lets one call
of the manager be its last. Afterwards everything must be as the file says, what is the same in both
must not have been touched, and each life of the program that comes and goes must be in its log, from
its first word to its last.
"""

import os
import re
import signal
import socket
import sys
import time

from world import Daemon, GaveUp, content, processes

# How many of the calls of one name are tried.
DEPTH = int(os.environ.get("DEPTH", "60"))
# Between which something is done that another manager must know of.
CALLS = "pwrite64 sendmsg clone clone3 kill memfd_create unlink".split()
# Of these the short form tries every tenth.
STRIDE = 10

COMMON = """
swisord: {{runtime_dir: {0}/run, state_dir: {0}/state, logfile: {0}/swisord.log, childlogdir: {0}}}
defaults: {{startsecs: 0, autorestart: true, startretries: 0, stopwaitsecs: never}}
programs:
  kept: {{command: sleep 4321}}
"""

# Each says which life it is, and its last word when it is asked to end.
GUEST = """
  guest:
    command: [bash, -c, 'n=$(($(cat {0}/lives) + 1)); trap "e=1" TERM; echo $n > {0}/lives; echo begin $n; while [ -z "$e" ]; do sleep 0.01; done; echo end $n']
    stdout_logfile: {0}/guest.log
"""

FIRST = COMMON + GUEST + """
  mended: {{command: "false"}}
  changed: {{command: sleep 5551}}
  rule: {{command: sleep 6661, stdout_logfile: {0}/rule.log, stdout_logfile_maxbytes: 1MB}}
  moved: {{command: sleep 7771}}
  served: {{command: sleep 8881, socket: "unix://{0}/app.sock"}}
  sized: {{command: sleep 9991, numprocs: 2, process_name: "%(process_num)d"}}
groups:
  left: {{programs: [moved]}}
"""

SECOND = COMMON + """
  mended: {{command: sleep 2221}}
  changed: {{command: sleep 5552, redirect_stderr: true, stdout_logfile: NONE}}
  rule: {{command: sleep 6661, stdout_logfile: {0}/rule.log, stdout_logfile_maxbytes: 2MB}}
  moved: {{command: sleep 7771}}
  served: {{command: sleep 8881}}
  sized: {{command: sleep 9991, numprocs: 4, process_name: "%(process_num)d"}}
groups:
  right: {{programs: [moved]}}
"""


class Changing(Daemon):
    def __init__(self, folder, binaries):
        super().__init__(folder, binaries)
        with open(folder + "/lives", "w") as file:
            file.write("0\n")
        self.untouched = None
        self.choose(FIRST)

    def choose(self, configuration):
        self.configuration = configuration
        with open(self.folder + "/next", "w") as file:
            file.write(configuration.format(self.folder))
        os.rename(self.folder + "/next", self.folder + "/s.yaml")

    def change(self, configuration):
        """Has the other configuration taken up; whoever is asked may die of it."""
        self.choose(configuration)
        self.ask("POST", "/v1/daemon/reload")
        self.until(self.is_up, "an answer")
        # Where it had not begun; otherwise there is nothing to be done.
        self.until(lambda: self.ask("POST", "/v1/daemon/reload"), "another reload")
        self.until_as_written()
        self.until_whole()

    def until_whole(self):
        """Until the log has each word of the guest."""
        try:
            self.until(lambda: self.lives() == self.expected_lives(), "agreement")
        except GaveUp as reason:
            wanted, found = self.expected_lives(), self.lives()
            raise GaveUp(f"{reason}: in the log is {found[-6:]}, not {wanted[-6:]}") from None

    def until_as_written(self):
        try:
            self.until(lambda: not self.amiss(), "agreement")
        except GaveUp as reason:
            raise GaveUp(f"{reason}: what is there and what should be: {self.amiss()}") from None

    def amiss(self):
        """What is not as the file says."""
        isFirst = self.configuration is FIRST
        answer = self.last_answer("/v1/programs") or {"programs": []}
        found = {f"{p['group']}:{p['name']}": p["state"] for p in answer["programs"]}
        wanted = {name: "RUNNING" for name in ["kept:kept", "changed:changed", "rule:rule", "served:served"]}
        wanted["mended:mended"] = "FATAL" if isFirst else "RUNNING"
        wanted["left:moved" if isFirst else "right:moved"] = "RUNNING"
        for number in range(2 if isFirst else 4):
            wanted[f"sized:{number}"] = "RUNNING"
        if isFirst:
            wanted["guest:guest"] = "RUNNING"
        amiss = {n: (found.get(n), wanted.get(n)) for n in {*found, *wanted} if found.get(n) != wanted.get(n)}
        counts = {"4321": 1, "5551": isFirst, "5552": not isFirst, "6661": 1, "7771": 1, "8881": 1}
        counts |= {"9991": 2 if isFirst else 4, "2221": not isFirst}
        for word, count in counts.items():
            if len(processes(["sleep", word])) != count:
                amiss[word] = (len(processes(["sleep", word])), count)
        if self.is_served() != isFirst:
            amiss["socket"] = (self.is_served(), isFirst)
        if not isFirst and os.path.exists(self.folder + "/app.sock"):
            amiss["socket file"] = True
        untouched = processes(["sleep", "4321"]) + processes(["sleep", "6661"])
        self.untouched = self.untouched or untouched
        if untouched != self.untouched:
            raise GaveUp("what is the same in both was started again")
        return amiss

    def is_served(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
            client.setblocking(False)
            try:
                client.connect(self.folder + "/app.sock")
                return True
            except BlockingIOError:
                # More wait than there is room for.
                return True
            except OSError:
                return False

    def lives(self):
        return re.findall(r"(begin|end) (\d+)\n", content(self.folder + "/guest.log").decode())

    def expected_lives(self):
        # Empty for the moment in which it is written.
        count = int(content(self.folder + "/lives") or 0)
        words = [(word, str(life + 1)) for life in range(count) for word in ("begin", "end")]
        return words[:-1] if self.configuration is FIRST else words


def scenario(daemon):
    daemon.change(SECOND)
    daemon.change(FIRST)


def record(daemon):
    """How often the manager makes each call, by the busiest thread."""
    threads = set(os.listdir(f"/proc/{daemon.manager()}/task"))
    with daemon.strace(["-f", "-e", "trace=" + ",".join(CALLS), "-p", str(daemon.manager())]):
        scenario(daemon)
    seen = {}
    for line in daemon.trace():
        match = re.match(r"(\d+) +([a-z0-9_]+)\(", line)
        if match and match[1] in threads:
            seen[match[1], match[2]] = seen.get((match[1], match[2]), 0) + 1
    return {call: max(n for (_, c), n in seen.items() if c == call) for call in {c for _, c in seen}}


def attempt(daemon, call, number):
    injection = f"inject={call}:signal=SIGKILL:when={number}"
    words = ["-f", "-e", f"trace={call}", "-e", injection, "-p", str(daemon.manager())]
    with daemon.strace(words):
        scenario(daemon)
    return any("killed by" in line for line in daemon.trace())


def forget(daemon):
    """Has a manager not keep the configuration, and the next one begin without it."""
    manager = daemon.manager()
    injection = "inject=memfd_create:error=EMFILE"
    with daemon.strace(["-f", "-e", "trace=memfd_create", "-e", injection, "-p", str(manager)]):
        daemon.change(SECOND)
    daemon.send(manager, signal.SIGKILL)
    daemon.until(lambda: daemon.manager() not in (0, manager), "another manager")
    daemon.until_as_written()
    daemon.change(FIRST)


def main():
    folder, binaries, *rest = sys.argv[1:]
    daemon = Changing(folder, binaries)
    daemon.start()
    daemon.until_as_written()
    calls = record(daemon)
    step = STRIDE if rest == ["short"] else 1
    points = [(c, n) for c in sorted(calls) for n in range(1, min(calls[c], DEPTH) + 1, step)]
    reached, begin = 0, time.monotonic()
    for call, number in points:
        try:
            reached += attempt(daemon, call, number)
        except GaveUp as reason:
            daemon.give_up(f"{call} {number}: {reason}")
        if os.environ.get("SHOW"):
            print(f"{time.monotonic() - begin:7.2f} {call} {number}", flush=True)
    try:
        forget(daemon)
    except GaveUp as reason:
        daemon.give_up(f"without the configuration: {reason}")
    daemon.shut_down()
    print(
        f"sweep: {len(points)} points in changes of the configuration in {time.monotonic() - begin:.0f} "
        f"s, {reached} of them reached: all is as the file says, no life lost a word"
    )


if __name__ == "__main__":
    main()
