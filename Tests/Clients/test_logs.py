# SPDX-License-Identifier: Apache-2.0
"""Logs as supervisorctl and xmlrpc.client read, follow and clear them, whatever is in them."""

import os
import unittest

from daemon import ClientTest, Daemon, eventually

LINES = """\
talker:
  command: sh -c 'cat text; cat text >&2; while true; do read line < more && echo "$line"; done'
  startsecs: 0
  stdout_logfile: out.log
  stderr_logfile: err.log
counter: {command: sh -c 'seq 1000; exec sleep 1000', stdout_logfile: counter.log}
silent: {command: sleep 1000, startsecs: 0, stdout_logfile: NONE, stderr_logfile: NONE}
joined: {command: sh -c 'echo one; echo two >&2; exec sleep 1000', redirect_stderr: true}
"""
# Multi-byte characters, an escape sequence, a NUL, and bytes that are no UTF-8.
TEXT = "a\u00e9\u20ac\U0001f600\n".encode() + b"\x1b[31mred\x1b[0m \x00 \xff\xfe ]]> <b> & \r\n"


class Logs(ClientTest):
    def setUp(self):
        daemon = Daemon(LINES)
        with open(daemon.home + "/text", "wb") as file:
            file.write(TEXT)
        os.mkfifo(daemon.home + "/more")
        self.daemon = self.enterContext(daemon)
        self.server = daemon.proxy().supervisor
        eventually("its text", lambda: self.size("out.log") == self.size("err.log") == len(TEXT))

    def size(self, name):
        try:
            return os.path.getsize(f"{self.daemon.home}/{name}")
        except FileNotFoundError:
            return 0

    def say(self, line):
        with open(self.daemon.home + "/more", "w") as fifo:
            fifo.write(line + "\n")

    def test_every_offset(self):
        whole = self.server.readProcessStdoutLog("talker", 0, 0)
        self.assertTrue(whole.startswith("a\u00e9\u20ac\U0001f600\n"), whole)
        self.assertIn("\ufffd[31mred", whole)
        self.assertIn("]]> <b> & \r\n", whole)
        for offset in range(len(TEXT) + 2):
            for length in (0, 1, 3):
                self.assertIsInstance(
                    self.server.readProcessStderrLog("talker:talker", offset, length), str
                )
            tail = self.server.readProcessLog("talker", -offset, 0)
            self.assertTrue(tail == "" or whole.endswith(tail), tail)
            text, size, overflow = self.server.tailProcessStdoutLog("talker", 0, offset)
            self.assertEqual(len(TEXT), size)
            self.assertEqual(offset < len(TEXT), overflow)
            self.assertTrue(whole.endswith(text))

    def test_tail(self):
        for words in (["talker"], ["talker", "stdout"], ["talker", "stderr"], ["-9", "talker"]):
            done = self.daemon.ctl("tail", *words)
            self.assertEqual(0, done.returncode, done.stdout)
            self.assertTrue(done.stdout.endswith(" <b> & \n\n"), done.stdout)
        for name in ("silent", "joined stderr"):
            done = self.daemon.ctl("tail", *name.split())
            self.expect(done, f"{name.split()[0]}: ERROR (no log file)\n", 1)
        self.expect(self.daemon.ctl("tail", "nope"), "nope: ERROR (no such process name)\n", 1)
        for words in ([], ["talker", "x"], ["-x", "talker"], ["talker", "stdout", "3"]):
            done = self.daemon.ctl("tail", *words)
            self.assertTrue(done.stdout.startswith("Error: "), done.stdout)
            self.assertEqual(1, done.returncode)
        self.assertIn("started with pid", self.daemon.ctl("maintail", "-9000").stdout)
        self.assertEqual(10, len(self.daemon.ctl("maintail", "-9").stdout))

    def test_redirected(self):
        log = eventually(
            "both lines",
            lambda: [t for t in [self.server.readProcessStdoutLog("joined", 0, 0)] if "two" in t],
        )
        self.assertEqual(["one", "two"], sorted(log[0].split()))

    def test_follow(self):
        for words, is_followed in (
            (["tail", "-f", "talker"], True),
            (["tail", "-f", "talker:talker", "stdout"], True),
            (["tail", "-f", "talker", "stderr"], False),
        ):
            with self.daemon.following(*words) as client:
                client.wait_for("==> Press Ctrl-C to exit <==\n")
                client.wait_for("<b> &")
                if is_followed:
                    self.say("h\u00e9llo of " + words[-1])
                    client.wait_for("h\u00e9llo of " + words[-1] + "\n")
                client.interrupt()

    def test_follow_over_a_restart_and_a_clearing(self):
        with self.daemon.following("tail", "-f", "talker") as client:
            client.wait_for("<b> &")
            self.expect(self.daemon.ctl("clear", "talker"), "talker: cleared\n")
            self.assertEqual(0, self.size("out.log"))
            self.say("after the clearing")
            client.wait_for("after the clearing\n")
            self.server.stopProcess("talker")
            self.server.startProcess("talker")
            eventually("both runs", lambda: client.text.count("<b> &") == 2)
            client.interrupt()

    def test_follow_what_is_not_there(self):
        for name in ("nope", "silent"):
            done = self.daemon.ctl("tail", "-f", name)
            self.assertIn("Cannot read, status code 404", done.stdout)

    def test_follow_the_activity_log(self):
        with self.daemon.following("maintail", "-f") as client:
            client.wait_for("entered RUNNING state")
            self.server.stopProcess("silent")
            client.wait_for("stopped: silent")
            client.interrupt()

    def test_only_the_end_comes_first(self):
        eventually("the last line", lambda: "\n1000\n" in self.daemon.read("counter.log"))
        with self.daemon.following("tail", "-f", "counter") as client:
            client.wait_for("\n1000\n")
            first = client.text.split("<==\n", 1)[1]
            self.assertEqual(1024, len(first.encode()))
            client.interrupt()

    def test_clear(self):
        self.expect(
            self.daemon.ctl("clear", "talker", "nope"),
            "talker: cleared\nnope: ERROR (no such process)\n",
            1,
        )
        self.assertEqual((0, 0), (self.size("out.log"), self.size("err.log")))
        done = self.daemon.ctl("clear", "all")
        self.assertEqual(
            ["counter: cleared", "joined: cleared", "silent: cleared", "talker: cleared"],
            sorted(done.stdout.splitlines()),
        )


if __name__ == "__main__":
    unittest.main()
