# SPDX-License-Identifier: Apache-2.0
"""A daemon that is looked at from outside, as PID 1 of a namespace in which nothing else lives."""

import http.client
import json
import os
import re
import signal
import socket
import sys
import time
from contextlib import contextmanager

PATIENCE = int(os.environ.get("PATIENCE", "100"))

CONFIGURATION = """
swisord: {{runtime_dir: {0}/run, state_dir: {0}/state, logfile: {0}/swisord.log, childlogdir: {0}}}
defaults:
  startsecs: 0
  autorestart: true
  startretries: forever
  backoff: {{initial: 5ms, max: 20ms}}
programs:
  # So many more numbered lines as it reads.
  writer:
    command: [bash, -c, "exec 3<>{0}/more; n=0; while read -r k <&3; do for ((i = 0; i < k; i++)); do echo line $((n += 1)); done; done"]
    stdout_logfile: {0}/writer.log
    stdout_logfile_maxbytes: 1KB
    stdout_logfile_backups: 2000
  other: {{command: sleep 4321, stdout_logfile: {0}/other.log}}
"""


class GaveUp(Exception):
    pass


class Connection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=PATIENCE)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(PATIENCE)
        self.sock.connect(self.path)


def content(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


def processes(command):
    """Who runs this command."""
    wanted = b"\0".join(word.encode() for word in command) + b"\0"
    pids = [int(name) for name in os.listdir("/proc") if name.isdigit()]
    return [pid for pid in pids if content(f"/proc/{pid}/cmdline").startswith(wanted)]


class Daemon:
    def __init__(self, folder, binaries):
        self.folder, self.binaries = folder, binaries
        self.log = folder + "/writer.log"
        self.socket = folder + "/run/swisord.sock"
        self.pid = self.written = self.checked = self.managers = self.guardians = 0
        self.last_manager = None
        # Lines at the head of what is left of the log, which have been looked at.
        self.kept = 0
        self.over = set()
        os.mkfifo(folder + "/more")
        self.more = os.open(folder + "/more", os.O_RDWR | os.O_CLOEXEC)
        with open(folder + "/s.yaml", "w") as file:
            file.write(CONFIGURATION.format(folder))

    # --- Processes

    def spawn(self, words, output):
        actions = [
            (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, output, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ]
        return os.posix_spawnp(words[0], words, os.environ, file_actions=actions)

    def collect(self):
        """Collects whoever has ended; orphans come here."""
        try:
            while True:
                pid, _ = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    return
                self.over.add(pid)
        except ChildProcessError:
            pass

    def until(self, condition, what):
        end = time.monotonic() + PATIENCE
        while True:
            self.collect()
            found = condition()
            if found:
                return found
            if time.monotonic() > end:
                raise GaveUp(f"no {what} within {PATIENCE} s")
            time.sleep(0.001)

    def start(self):
        words = [self.binaries + "/swisord", "-n", "-c", self.folder + "/s.yaml"]
        self.pid = self.spawn(words, self.folder + "/output")
        self.until(lambda: self.is_up() or self.has_ended(), "daemon that is up")
        if self.has_ended():
            raise GaveUp("the daemon ended at its start")

    def is_up(self):
        return self.last_answer("/v1/daemon") is not None

    def has_ended(self):
        self.collect()
        return self.pid in self.over

    def start_again(self):
        """The guardian is dead: ends the manager, if it lives, and starts a daemon."""
        self.guardians += 1
        answer = self.last_answer("/v1/daemon")
        if answer:
            manager = answer["manager_pid"]
            self.send(manager, signal.SIGKILL)
            self.until(lambda: not os.path.exists(f"/proc/{manager}"), "end of the manager")
        self.start()

    def manager(self):
        """The guardian's child that is no program: a program leads a session."""
        for word in content(f"/proc/{self.pid}/task/{self.pid}/children").split():
            pid = int(word)
            try:
                if content(f"/proc/{pid}/comm") == b"swisord\n" and os.getsid(pid) != pid:
                    return pid
            except ProcessLookupError:
                pass
        return 0

    # --- Tracing

    @contextmanager
    def strace(self, words, name="trace"):
        """Traces processes; when it is left, the file of that name has what they called."""
        trace, said = f"{self.folder}/{name}", f"{self.folder}/{name}-said"
        for path in (trace, said):
            if os.path.exists(path):
                os.remove(path)
        tracer = self.spawn(["strace", "-o", trace] + words, said)
        self.until(lambda: b"attached" in content(said) or tracer in self.over, "tracer")
        if tracer in self.over:
            raise GaveUp("strace: " + content(said).decode())
        yield
        # It may wait for a process that died while it was made; the kernel lets go of all others.
        last = time.monotonic() + 1
        self.send(tracer, signal.SIGINT)
        self.until(lambda: tracer in self.over or time.monotonic() > last, "end of the tracer")
        if tracer not in self.over:
            self.send(tracer, signal.SIGKILL)
            self.until(lambda: tracer in self.over, "end of the tracer")

    def send(self, pid, number):
        """Sends a signal to who may have ended."""
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass

    def trace(self):
        return content(self.folder + "/trace").decode(errors="replace").splitlines()

    def has_traced(self):
        return content(self.folder + "/trace") != b""

    # --- Asking

    def ask(self, method, path):
        """What is answered, or None; whoever could answer may be dead."""
        try:
            connection = Connection(self.socket)
            connection.request(method, path, headers={"Connection": "close"})
            return connection.getresponse().read() or b" "
        except (OSError, http.client.HTTPException):
            return None

    def post(self, path):
        """Asks, and does not wait for the answer."""
        self.pending = Connection(self.socket)
        self.pending.request("POST", path)

    def last_answer(self, path):
        body = self.ask("GET", path)
        try:
            return json.loads(body) if body else None
        except ValueError:
            return None

    def states(self):
        answer = self.last_answer("/v1/programs") or {"programs": []}
        return {program["name"]: program for program in answer["programs"]}

    def until_over(self):
        """Until whoever was asked by `post` has gone."""
        try:
            self.pending.getresponse().read()
        except (OSError, http.client.HTTPException):
            pass

    # --- What must hold

    def write_lines(self, count):
        os.write(self.more, b"%d\n" % count)
        self.written += count

    def settle(self, mayLose=False):
        """Both programs run, once; the log has every line, once."""
        self.until(self.both_run, "two RUNNING programs")
        self.until(self.is_once, "one process of each program")
        manager = content(f"/proc/{self.manager()}/stat")
        if manager != self.last_manager:
            self.managers += 1
        self.last_manager = manager
        if mayLose:
            self.write_lines(200)
        self.until(lambda: [self.checked, *self.lines()][-1] == self.written, f"line {self.written}")
        lines = self.lines()
        expected = list(range(self.checked + 1, self.written + 1))
        if mayLose and lines != expected:
            lost = len(set(expected) - set(lines))
            if len(set(lines)) != len(lines) or lines != sorted(lines):
                raise GaveUp("lines are doubled")
            counted = self.states()["writer"]["stdout"]["lost_bytes"]
            if lost and not counted:
                raise GaveUp(f"{lost} lines are missing and were not counted")
        elif lines != expected:
            missing = sorted(set(expected) - set(lines))[:5]
            raise GaveUp(f"lines are missing or doubled: {missing} of {len(expected)}, {len(lines)}")
        self.forget_lines()

    def both_run(self):
        states = self.states()
        names = ("writer", "other")
        if all(name in states and states[name]["state"] == "RUNNING" for name in names):
            return True
        if states.get("other", {}).get("state") in ("STOPPED", "EXITED", "FATAL"):
            self.ask("POST", "/v1/programs/other/start")
        return False

    def is_once(self):
        return len(processes(["sleep", "4321"])) == 1 and len(processes(["bash", "-c"])) == 1

    def files(self):
        """The log's files, the oldest first."""
        names = [name for name in os.listdir(self.folder) if re.fullmatch(r"writer\.log(\.\d+)?", name)]
        return sorted(names, key=lambda name: -int(name.split(".")[2]) if name.count(".") == 2 else 0)

    def lines(self):
        text = b"".join(content(f"{self.folder}/{name}") for name in self.files())
        numbers = [int(word) for word in re.findall(rb"line (\d+)\n", text)]
        return numbers[self.kept:]

    def forget_lines(self):
        """Removes the rotated files; the log itself stays as it is."""
        for name in self.files():
            if name != "writer.log":
                os.remove(f"{self.folder}/{name}")
        self.kept = 0
        self.kept = len(self.lines())
        self.checked = self.written

    # --- The end

    def shut_down(self):
        self.ask("POST", "/v1/daemon/shutdown")
        self.until(self.has_ended, "end of the daemon")

    def give_up(self, reason):
        print(f"sweep: {reason}", file=sys.stderr)
        for name in ("swisord.log", "output", "trace"):
            print(f"--- {name}", file=sys.stderr)
            lines = content(f"{self.folder}/{name}").decode(errors="replace").splitlines()
            print("\n".join(lines[-30:]), file=sys.stderr)
        print("--- states", self.states(), file=sys.stderr)
        os._exit(1)
