# SPDX-License-Identifier: Apache-2.0
"""Kills manager and guardian while reloads change everything: both.py FOLDER BIN [short]

As PID 1 of a namespace, with the changes of changes.py, and with programs that do not end at once: one
leaves a process behind that takes its time, one has to be killed. Each time strace lets one call of
the manager be its last, and the fork by which the guardian would make another one the guardian's.
Then a daemon is started by hand. In the end such a start is killed as well, at each call by which it
changes something. Afterwards everything must be as the file says: each program once, also in between;
what has left the file gone; what is the same in both not touched. The log has each word of the program
that comes and goes, once and in order; only of a life that ended while there was nobody to read it
words may be missing.
"""

import os
import re
import signal
import sys
import time

import changes
from changes import DEPTH, STRIDE, Changing, record, scenario
from world import GaveUp, content, processes

FORKS = "clone,clone3,fork,vfork"
changes.CALLS += "mkdir rmdir pidfd_send_signal splice tee write writev renameat rename".split()

# Whoever finds the lock taken says so; those who only wait have not got it.
ALONE = "exec 9>> {0}/$name.lock; flock -n 9 || echo $name >> {0}/doubled\n"
FAMILY = "name=family\n" + ALONE + """
exec 8> >(exec setsid bash -c 'trap "" TERM; cat > /dev/null; sleep 0.02')
trap exit TERM; while :; do sleep 0.01 8>&- 9>&-; done
"""
STUBBORN = "name=stubborn\n" + ALONE + """
trap "" TERM; while :; do sleep 0.01 9>&-; done
"""
MORE = """
  family: {{command: [bash, {0}/family, "%s"]}}
  stubborn: {{command: [bash, {0}/stubborn, "%s"], stopwaitsecs: 30ms}}
"""


def with_more(configuration, word):
    settings, programs = configuration.split("programs:\n", 1)
    settings = settings.replace("childlogdir: {0}", "childlogdir: {0}, process_trees: %s")
    return settings + "programs:\n" + (MORE % (word, word)).lstrip("\n") + programs


# What a start is killed at: calls that the guardian and the programs do not make, and of each so many.
AT_START = {"pwrite64": DEPTH, "splice": 5, "memfd_create": 5, "rmdir": 20, "mkdir": 20}


FIRST, SECOND = with_more(changes.FIRST, "1"), with_more(changes.SECOND, "2")


class Outlived(Changing):
    """A daemon that is started anew by hand whenever all of it has been killed."""

    def __init__(self, folder, binaries, means):
        self.is_to_run = False
        # Lives of the guest that may have ended while there was nobody.
        self.unseen = set()
        os.mkdir(folder)
        for name, script in (("family", FAMILY), ("stubborn", STUBBORN)):
            with open(f"{folder}/{name}", "w") as file:
                file.write(script.replace("{0}", folder))
        changes.FIRST, changes.SECOND = (c.replace("%s", means) for c in (FIRST, SECOND))
        super().__init__(folder, binaries)

    def start(self):
        super().start()
        # From now on it is started again as soon as it has ended.
        self.is_to_run = True

    def until(self, condition, what):
        def holds():
            if self.is_to_run and self.has_ended():
                self.is_to_run = False
                self.guardians += 1
                self.note_unseen()
                self.start()
            return condition()

        return super().until(holds, what)

    def note_unseen(self):
        """The guest of now may end, and the next begin, while there is nobody."""
        count = int(content(self.folder + "/lives") or 0)
        self.unseen |= {str(count), str(count + 1)}

    def amiss(self):
        amiss = super().amiss()
        # Whoever is started does not know of a socket that the file has no more.
        amiss.pop("socket file", None)
        word = "1" if self.configuration is changes.FIRST else "2"
        for name in ("family", "stubborn"):
            if amiss.get(f"{name}:{name}") == ("RUNNING", None):
                del amiss[f"{name}:{name}"]
            found = processes(["bash", f"{self.folder}/{name}"])
            if len(found) != 1 or found != processes(["bash", f"{self.folder}/{name}", word]):
                amiss[name] = found
        lives = self.folder.encode() + b"/lives"
        guests = sum(lives in content(f"/proc/{pid}/cmdline") for pid in processes(["bash", "-c"]))
        if guests != (self.configuration is changes.FIRST):
            amiss["guest"] = guests
        if os.path.exists(self.folder + "/doubled"):
            raise GaveUp(f"run twice at a time: {content(self.folder + '/doubled').split()}")
        return amiss

    def kill_all(self):
        """Kills the guardian, and the manager that it has by then."""
        manager = self.manager()
        self.is_to_run = False
        self.send(self.pid, signal.SIGKILL)
        self.until(self.has_ended, "end of the guardian")
        if manager:
            self.send(manager, signal.SIGKILL)
            self.until(lambda: not os.path.exists(f"/proc/{manager}"), "end of the manager")
        self.guardians += 1
        self.note_unseen()

    def start_to_die(self, call, number):
        """Starts a daemon whose managers die at a call; whether the first of them came to it."""
        trace = self.folder + "/trace"
        if os.path.exists(trace):
            os.remove(trace)
        words = ["strace", "-D", "-f", "-qq", "-o", trace, "-e", f"trace={call}"]
        words += ["-e", f"inject={call}:signal=SIGKILL:when={number}"]
        words += [self.binaries + "/swisord", "-n", "-c", self.folder + "/s.yaml"]
        self.pid = self.spawn(words, self.folder + "/output")

        def has_died():
            return any("killed by" in line for line in self.trace())

        self.until(lambda: has_died() or self.has_ended() or self.is_up(), "daemon that is up")
        is_reached = has_died()
        self.kill_all()
        # It would go on with the programs.
        for tracer in processes(["strace", "-D"]):
            self.send(tracer, signal.SIGKILL)
            self.until(lambda: not os.path.exists(f"/proc/{tracer}"), "end of the tracer")
        return is_reached

    def told_falsely(self):
        """Ends that the activity log tells of programs that never end by themselves."""
        log = content(self.folder + "/swisord.log").decode()
        lasting = "kept|rule|changed|served|sized:.|left:moved|right:moved|stubborn|family|guest"
        return re.findall(rf".* exited: (?:{lasting}) .*", log)

    def expected_lives(self):
        """All words, but those that nobody was there to read."""
        words, found = super().expected_lives(), self.lives()
        return [word for word in words if word in found or word[1] not in self.unseen]

    def shut_down(self):
        self.is_to_run = False
        super().shut_down()


def attempt(daemon, call, number):
    """Goes through the scenario with this point; whether both died at it."""
    guardians = daemon.guardians
    manager = ["-e", f"trace={call}", "-e", f"inject={call}:signal=SIGKILL:when={number}"]
    # Thread by thread, so that no program is traced: it would die of its own calls.
    for thread in os.listdir(f"/proc/{daemon.manager()}/task"):
        manager += ["-p", thread]
    guardian = ["-e", f"trace={FORKS}", "-e", f"inject={FORKS}:signal=SIGKILL:when=1"]
    with daemon.strace(guardian + ["-p", str(daemon.pid)], "guardian"):
        with daemon.strace(manager):
            scenario(daemon)
    return daemon.guardians > guardians


def attempt_start(daemon, call, number):
    """Kills all in the midst of nothing, then the next start at this point; whether it came so far."""
    daemon.kill_all()
    daemon.choose(changes.SECOND if daemon.configuration is changes.FIRST else changes.FIRST)
    is_reached = daemon.start_to_die(call, number)
    daemon.start()
    daemon.until_as_written()
    daemon.until_whole()
    return is_reached


def main():
    folder, binaries, *rest = sys.argv[1:]
    isShort = rest == ["short"]
    begin, count, reached = time.monotonic(), 0, 0
    for means in ["proc"] if isShort else ["proc", "auto"]:
        daemon = Outlived(f"{folder}/{means}", binaries, means)
        daemon.start()
        daemon.until_as_written()
        calls = record(daemon)
        step = 2 * STRIDE if isShort else 1
        points = [(c, n) for c in sorted(calls) for n in range(1, min(calls[c], DEPTH) + 1, step)]
        for call, number in points:
            try:
                reached += attempt(daemon, call, number)
            except GaveUp as reason:
                daemon.give_up(f"both at {call} {number} ({means}): {reason}")
            if os.environ.get("SHOW"):
                print(f"{time.monotonic() - begin:7.2f} {call} {number}", flush=True)
        count += len(points)
        for call, most in [] if isShort else AT_START.items():
            for number in range(1, most + 1):
                count += 1
                try:
                    if not attempt_start(daemon, call, number):
                        break
                except GaveUp as reason:
                    daemon.give_up(f"a start at {call} {number} ({means}): {reason}")
                reached += 1
                if os.environ.get("SHOW"):
                    print(f"{time.monotonic() - begin:7.2f} start {call} {number}", flush=True)
        daemon.shut_down()
        if daemon.told_falsely():
            daemon.give_up("told falsely: " + "\n".join(daemon.told_falsely()[:5]))
    print(
        f"sweep: {count} points at which all was killed in {time.monotonic() - begin:.0f} s, {reached} of "
        "them reached: all is as the file says, nothing ran twice, no life lost a word that was read"
    )


main()
