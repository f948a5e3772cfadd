# SPDX-License-Identifier: Apache-2.0
"""Event listeners from PyPI, unmodified, each at its job when something is really wrong."""

import socket
import subprocess
import sys
import unittest

from daemon import BIN, ClientTest, Daemon, eventually
from mail import MailServer

# Takes 64 MB in its first life, and little in the next.
HOG = """\
import os, time
if not os.path.exists("hogged"):
    open("hogged", "w").close()
    memory = b"x" * (64 << 20)
time.sleep(100000)
"""

# Answers 500 in its first life, and 200 in the next.
WEB = """\
import http.server, os, sys
status = 200 if os.path.exists("failed") else 500
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        open("failed", "w").close()
        self.send_response(status)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"hello")
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def listener(name, command, events):
    return f"event_listeners:\n  {name}:\n    command: {command}\n    events: [{events}]\n" \
        f"    stderr_logfile: {name}.err\n    buffer_size: 1000\n"


class Superlance(ClientTest):
    def restarted(self, daemon, name, pid):
        """Waits until a program runs under another pid."""
        return eventually(
            f"another {name}",
            lambda: [
                info
                for info in [daemon.info(name)]
                if info["statename"] == "RUNNING" and info["pid"] != pid
            ],
        )

    def test_memmon(self):
        programs = f"hog: {{command: {sys.executable} hog.py, startsecs: 0}}\n"
        sections = listener(
            "memmon", f"{BIN}/memmon -p hog=48MB -s 'cat > mail' -m admin@localhost", "TICK_5"
        )
        daemon = Daemon(programs, sections)
        daemon.write("hog.py", HOG)
        with daemon:
            pid = daemon.wait_for("hog", "RUNNING")["pid"]
            self.restarted(daemon, "hog", pid)
            eventually("a mail", lambda: "restarted the process named hog:hog" in daemon.read("mail"))
            self.assertEqual("RUNNING", daemon.info("memmon")["statename"])

    def test_httpok(self):
        port = free_port()
        programs = f"web: {{command: {sys.executable} web.py {port}, startsecs: 0}}\n"
        sections = listener(
            "httpok",
            f"{BIN}/httpok -p web -t 20 -s 'cat > mail' -m admin@localhost http://127.0.0.1:{port}/",
            "TICK_5",
        )
        daemon = Daemon(programs, sections)
        daemon.write("web.py", WEB)
        with daemon:
            pid = daemon.wait_for("web", "RUNNING")["pid"]
            self.restarted(daemon, "web", pid)
            eventually("a mail", lambda: "500" in daemon.read("mail"))

    def test_crashmail(self):
        programs = "bad: {command: sh -c 'test -e go && exit 7; touch go; exec sleep 1000'}\n"
        sections = listener(
            "crashmail", f"{BIN}/crashmail -a -s 'cat > mail' -m a@localhost", "PROCESS_STATE_EXITED"
        )
        with Daemon(programs, sections) as daemon:
            daemon.wait_for("bad", "RUNNING")
            daemon.wait_for("crashmail", "RUNNING")
            daemon.ctl("signal", "KILL", "bad")
            eventually(
                "a mail", lambda: "Process bad in group bad exited unexpectedly" in daemon.read("mail")
            )

    def batch(self, tool, programs, found):
        with MailServer() as server:
            sections = listener(
                "batch",
                f"{BIN}/{tool} -e TICK_5 -i 0.01 -t to@localhost -f from@localhost"
                f" -H {server.address}",
                "PROCESS_STATE, TICK_5",
            )
            with Daemon(programs, sections) as daemon:
                eventually(
                    f"a mail with {found}",
                    lambda: any(found in mail for mail in server.mails),
                )
                self.assertIn(found, daemon.read("batch.err"))

    def test_fatalmailbatch(self):
        self.batch(
            "fatalmailbatch",
            "bad: {command: sh -c 'exit 3', startretries: 0, startsecs: 30}\n",
            "Process bad:bad failed to start too many times",
        )

    def test_crashmailbatch(self):
        self.batch(
            "crashmailbatch",
            "bad: {command: sh -c 'sleep 2; exit 3', startsecs: 1, autorestart: false}\n",
            "Process bad:bad (pid ",
        )


class Others(ClientTest):
    def test_supervisor_checks(self):
        port = free_port()
        programs = f"web: {{command: {sys.executable} web.py {port}, startsecs: 0}}\n"
        sections = listener(
            "check",
            f"{BIN}/supervisor_http_check -n check -N web:web -u / -t 20 -r 1 -p {port}",
            "TICK_5",
        )
        daemon = Daemon(programs, sections)
        daemon.write("web.py", WEB)
        with daemon:
            pid = daemon.wait_for("web", "RUNNING")["pid"]
            eventually("another web", lambda: daemon.info("web")["pid"] not in (0, pid))
            eventually("its good health", lambda: "check succeeded" in daemon.read("check.err"))

    def test_multivisor(self):
        address = f"tcp://127.0.0.1:{free_port()}"
        programs = "web: {command: sleep 1000, startsecs: 0}\n"
        sections = listener(
            "multivisor",
            f"{BIN}/multivisor-rpc --bind {address}",
            "PROCESS_STATE, SUPERVISOR_STATE_CHANGE",
        )
        with Daemon(programs, sections) as daemon:
            daemon.wait_for("multivisor", "RUNNING")
            with open(daemon.home + "/seen", "w") as output:
                client = subprocess.Popen(
                    [sys.executable, "multivisor_client.py", address],
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                )
                try:
                    eventually("a stream", lambda: "streaming" in daemon.read("seen"))
                    self.assertIn(f"pid {daemon.process.pid}\n", daemon.read("seen"))
                    self.assertIn("'web'", daemon.read("seen"))
                    daemon.proxy().supervisor.stopProcess("web")
                    eventually(
                        "the event of it",
                        lambda: "PROCESS_STATE_STOPPED web STOPPED" in daemon.read("seen"),
                    )
                finally:
                    client.kill()
                    client.wait()


if __name__ == "__main__":
    unittest.main()
