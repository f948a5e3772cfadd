# SPDX-License-Identifier: Apache-2.0
"""The real daemon in a directory of its own, for the tests of other people's clients."""

import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import textwrap
import time
import unittest
import xmlrpc.client

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SWISORD = os.environ.get("SWISORD", os.path.join(ROOT, ".build/debug/swisord"))
BIN = os.path.dirname(os.path.abspath(sys.executable))
# What a slow machine may need for anything that is not meant to take long.
PATIENCE = 120


def eventually(what, condition, patience=PATIENCE):
    """Waits until a condition holds, and answers what it answered."""
    deadline = time.monotonic() + patience
    while True:
        try:
            found = condition()
        except (OSError, http.client.HTTPException) as error:
            # A connection that broke is made anew with the next look.
            found, what = None, f"{what} ({error!r})"[:400]
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {patience} s: {what}")
        time.sleep(0.02)  # Between two looks at the condition.


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost")
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(PATIENCE)
        self.sock.connect(self.path)


class UnixTransport(xmlrpc.client.Transport):
    """What xmlrpc.client needs to speak over a Unix socket."""

    def __init__(self, path):
        super().__init__()
        self.path = path
        self.connections = 0

    def make_connection(self, host):
        if self._connection[1] is None:
            self.connections += 1
            self._connection = host, UnixConnection(self.path)
        return self._connection[1]


class Daemon:
    """swisord in the foreground; ends with the block that it is used in."""

    def __init__(self, programs, sections=""):
        self.home = tempfile.mkdtemp(prefix="swisord-clients-", dir="/tmp")
        self.socket = self.home + "/s.sock"
        self.url = "unix://" + self.socket
        self.log = self.home + "/swisord.log"
        self.file = self.home + "/s.yaml"
        self.process = None
        self.environment = {
            "PATH": BIN + ":/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": self.home,
            "LANG": "C.UTF-8",
            "TZ": "UTC",
        }
        self.configure(programs, sections)

    def configure(self, programs, sections=""):
        text = (
            f"swisord:\n  socket: {self.socket}\n  logfile: {self.log}\n"
            f"  childlogdir: {self.home}\n  runtime_dir: {self.home}/run\n"
            f"{textwrap.dedent(sections)}"
            f"programs:\n{textwrap.indent(textwrap.dedent(programs), '  ')}"
        )
        with open(self.file, "w") as file:
            file.write(text)

    def __enter__(self):
        # A session of its own, so that nothing that is typed at the tests reaches it.
        self.output = open(self.home + "/output", "w")
        self.process = subprocess.Popen(
            [SWISORD, "-n", "-c", self.file],
            cwd=self.home,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=self.output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            eventually("the socket to answer", self.answers)
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def answers(self):
        if self.process.poll() is not None:
            raise AssertionError("the daemon ended: " + self.read("output"))
        try:
            return self.proxy().supervisor.getState()["statecode"] == 1
        except OSError:
            return False

    def __exit__(self, kind, error, trace):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
        self.output.close()
        if error is not None:
            print(f"--- the activity log:\n{self.read('swisord.log')}", file=sys.stderr)
            print(f"--- its output:\n{self.read('output')}", file=sys.stderr)
        shutil.rmtree(self.home, ignore_errors=True)

    def read(self, name):
        try:
            with open(os.path.join(self.home, name), errors="replace") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    def write(self, name, text, executable=False):
        path = os.path.join(self.home, name)
        with open(path, "w") as file:
            file.write(text)
        if executable:
            os.chmod(path, 0o755)
        return path

    def transport(self):
        return UnixTransport(self.socket)

    def proxy(self, transport=None):
        return xmlrpc.client.ServerProxy(
            "http://localhost", transport=transport or self.transport()
        )

    def info(self, name):
        return self.proxy().supervisor.getProcessInfo(name)

    def wait_for(self, name, state):
        def look():
            info = self.info(name)
            return info if info["statename"] == state else None

        return eventually(f"{name} to be {state}", look)

    def ctl(self, *words, text=None):
        """Runs supervisorctl to its end."""
        return subprocess.run(
            [BIN + "/supervisorctl", "-c", self.empty(), "-s", self.url, *words],
            input=text if text is not None else "",
            env=self.environment,
            cwd=self.home,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=PATIENCE,
        )

    def empty(self):
        """A configuration for supervisorctl that says nothing, so that it looks for no other."""
        path = self.home + "/supervisorctl.conf"
        if not os.path.exists(path):
            self.write("supervisorctl.conf", f"[supervisorctl]\nserverurl={self.url}\n")
        return path

    def following(self, *words):
        """supervisorctl as it follows a log."""
        return Following(self, words)


class Following:
    """A client that goes on until it is told to end, and what it has printed so far."""

    def __init__(self, daemon, words):
        self.path = tempfile.mktemp(dir=daemon.home, prefix="following-")
        self.output = open(self.path, "w")
        self.process = subprocess.Popen(
            [BIN + "/supervisorctl", "-c", daemon.empty(), "-s", daemon.url, *words],
            env=daemon.environment,
            cwd=daemon.home,
            stdin=subprocess.PIPE,
            stdout=self.output,
            stderr=subprocess.STDOUT,
        )

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.output.close()

    @property
    def text(self):
        with open(self.path, errors="replace") as file:
            return file.read()

    def wait_for(self, text):
        eventually(f"{text!r} in {self.text!r}", lambda: text in self.text)

    def interrupt(self):
        """Ctrl-C; answers the exit status."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(PATIENCE)


class ClientTest(unittest.TestCase):
    maxDiff = None

    def expect(self, done, output, status=0):
        """What a finished client printed, and how it ended."""
        self.assertEqual(textwrap.dedent(output), done.stdout)
        self.assertEqual(status, done.returncode, done.stdout)
