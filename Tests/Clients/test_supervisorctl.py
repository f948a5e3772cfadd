# SPDX-License-Identifier: Apache-2.0
"""supervisorctl 4.3.0, unmodified: every action, its shell, and its exit statuses."""

import re
import unittest

from daemon import ClientTest, Daemon, eventually

PROGRAMS = """\
    web: {command: sleep 1000, startsecs: 0}
    off: {command: sleep 1000, autostart: false, startsecs: 0}
    bad: {command: /nonexistent/program, autostart: false}
    broken: {command: sh -c 'exit 3', autostart: false, startsecs: 30, startretries: 0}
    plain: {command: /etc/passwd, autostart: false}
    a: {command: sleep 1000, startsecs: 0}
    b: {command: sleep 1000, startsecs: 0}
"""
GROUPS = """\
groups:
  pair: {programs: [a, b]}
"""


class Actions(ClientTest):
    """Each starts from web and pair:* running, and the others stopped."""

    @classmethod
    def setUpClass(cls):
        cls.daemon = cls.enterClassContext(Daemon(PROGRAMS, GROUPS))
        cls.ctl = cls.daemon.ctl

    def setUp(self):
        server = self.daemon.proxy().supervisor
        for info in server.getAllProcessInfo():
            name = f"{info['group']}:{info['name']}"
            runs = info["name"] in ("web", "a", "b")
            if runs and info["statename"] == "STOPPED":
                server.startProcess(name)
            if runs:
                self.daemon.wait_for(name, "RUNNING")
            elif not runs and info["statename"] in ("STARTING", "RUNNING", "BACKOFF"):
                server.stopProcess(name)

    def test_status(self):
        done = self.ctl("status")
        lines = done.stdout.splitlines()
        names = [line.split()[0] for line in lines]
        self.assertEqual(["bad", "broken", "off", "pair:a", "pair:b", "plain", "web"], names)
        self.assertEqual(3, done.returncode)
        self.assertRegex(lines[-1], r"^web {30}RUNNING   pid \d+, uptime \d+:\d\d:\d\d$")
        self.assertNotIn("", lines)

    def test_status_of_some(self):
        done = self.ctl("status", "pair:*", "web")
        self.assertEqual(0, done.returncode)
        self.assertEqual(3, len(done.stdout.splitlines()))
        done = self.ctl("status", "nope", "none:*", "web")
        self.assertEqual(4, done.returncode)
        self.assertIn("nope: ERROR (no such process)\nnone: ERROR (no such group)\nweb ", done.stdout)
        self.assertEqual(3, self.ctl("status", "nope", "off").returncode)

    def test_start_and_stop(self):
        self.expect(self.ctl("start", "off"), "off: started\n")
        self.expect(self.ctl("start", "off"), "off: ERROR (already started)\n")
        self.expect(self.ctl("stop", "off"), "off: stopped\n")
        self.expect(self.ctl("stop", "off"), "off: ERROR (not running)\n")

    def test_start_that_fails(self):
        self.expect(self.ctl("start", "nope"), "nope: ERROR (no such process)\n", 1)
        self.expect(self.ctl("start", "nope:*"), "nope: ERROR (no such group)\n", 2)
        self.expect(self.ctl("start", "bad"), "bad: ERROR (no such file)\n", 1)
        self.expect(self.ctl("start", "plain"), "plain: ERROR (file is not executable)\n", 1)
        self.expect(self.ctl("start", "broken"), "broken: ERROR (spawn error)\n", 7)
        self.assertEqual(2, self.ctl("start").returncode)

    def test_stop_that_fails(self):
        self.expect(self.ctl("stop", "nope"), "nope: ERROR (no such process)\n", 1)
        self.expect(self.ctl("stop", "nope:*"), "nope: ERROR (no such group)\n", 1)
        self.assertEqual(1, self.ctl("stop").returncode)

    def test_groups(self):
        done = self.ctl("stop", "pair:*")
        self.assertEqual(["pair:a: stopped", "pair:b: stopped"], sorted(done.stdout.splitlines()))
        self.expect(self.ctl("stop", "pair:"), "")
        done = self.ctl("start", "pair:")
        self.assertEqual(["pair:a: started", "pair:b: started"], sorted(done.stdout.splitlines()))

    def test_all(self):
        done = self.ctl("stop", "all")
        self.assertEqual(
            ["pair:a: stopped", "pair:b: stopped", "web: stopped"],
            sorted(done.stdout.splitlines()),
        )
        done = self.ctl("start", "all")
        self.assertEqual(
            [
                "bad: ERROR (no such file)", "broken: ERROR (spawn error)", "off: started",
                "pair:a: started", "pair:b: started", "plain: ERROR (file is not executable)",
                "web: started",
            ],
            sorted(done.stdout.splitlines()),
        )

    def test_restart(self):
        before = self.daemon.info("web")["pid"]
        self.expect(
            self.ctl("restart", "web", "off"),
            "web: stopped\noff: ERROR (not running)\nweb: started\noff: started\n",
        )
        self.assertNotEqual(before, self.daemon.info("web")["pid"])

    def test_signal(self):
        self.expect(self.ctl("signal", "CONT", "web"), "web: signalled\n")
        # As Ansible sends it: the signal and its action are one word.
        self.expect(self.ctl("signal CONT", "web"), "web: signalled\n")
        self.expect(self.ctl("signal", "18", "pair:*"), "pair:a: signalled\npair:b: signalled\n")
        self.expect(self.ctl("signal", "SIGCONT", "off"), "off: ERROR (not running)\n", 7)
        self.expect(self.ctl("signal", "FOO", "web"), "web: ERROR (bad signal name)\n", 1)
        self.expect(self.ctl("signal", "CONT", "nope"), "nope: ERROR (no such process)\n", 1)
        done = self.ctl("signal", "CONT", "all")
        self.assertEqual(3, len(done.stdout.splitlines()))

    def test_pid(self):
        self.expect(self.ctl("pid"), f"{self.daemon.process.pid}\n")
        self.expect(self.ctl("pid", "web"), f"{self.daemon.info('web')['pid']}\n")
        self.expect(self.ctl("pid", "off"), "0\n", 7)
        self.expect(self.ctl("pid", "nope"), "No such process nope\n", 1)
        done = self.ctl("pid", "all")
        self.assertEqual(7, len(done.stdout.split()))
        self.assertEqual(0, done.returncode)

    def test_version(self):
        self.assertRegex(self.ctl("version").stdout, r"^\d+\.\d+(\.\d+)?\n$")

    def test_reread_without_changes(self):
        self.expect(self.ctl("reread"), "No config updates to processes\n")

    def test_words_that_are_none(self):
        self.expect(self.ctl("frobnicate"), "*** Unknown syntax: frobnicate\n", 1)
        self.assertEqual(1, self.ctl("version", "x").returncode)
        self.assertIn("start <name>", self.ctl("help", "start").stdout)

    def test_shell(self):
        done = self.ctl(text="status web\nstop web\nstart web\nopen %s\nquit\n" % self.daemon.url)
        self.assertEqual(0, done.returncode)
        # It begins with the status of all, and again after it has connected anew.
        self.assertEqual(2, len(re.findall(r"^(?:supervisor> )?off  ", done.stdout, re.M)))
        self.assertIn("web: stopped", done.stdout)
        self.assertIn("web: started", done.stdout)
        self.assertNotIn("rror", done.stdout)


class Configuration(ClientTest):
    def test_add_and_remove(self):
        with Daemon("web: {command: sleep 1000, startsecs: 0}\n") as daemon:
            self.expect(daemon.ctl("remove", "web"), "ERROR: process/group still running: web\n", 1)
            self.expect(daemon.ctl("remove", "nope"), "ERROR: no such process/group: nope\n", 1)
            self.expect(daemon.ctl("add", "web"), "ERROR: process group already active\n")
            self.expect(daemon.ctl("add", "nope"), "ERROR: no such process/group: nope\n", 1)
            daemon.ctl("stop", "web")
            self.expect(daemon.ctl("remove", "web"), "web: removed process group\n")
            self.expect(daemon.ctl("status"), "")
            self.expect(daemon.ctl("reread"), "web: available\n")
            self.expect(daemon.ctl("add", "web"), "web: added process group\n")
            daemon.wait_for("web", "RUNNING")

    def test_avail(self):
        programs = "b: {command: sleep 1000}\na: {command: sleep 1000, autostart: false}\n"
        with Daemon(programs + "c: {command: sleep 1000, priority: 5}\n") as daemon:
            daemon.configure(programs + "new: {command: sleep 1000, priority: 7}\n")
            daemon.ctl("reread")
            lines = [line.split() for line in daemon.ctl("avail").stdout.splitlines()]
            self.assertEqual(
                [
                    ["a", "in", "use", "manual", "999:999"], ["b", "in", "use", "auto", "999:999"],
                    ["new", "avail", "auto", "7:7"],
                ],
                lines,
            )

    def test_update(self):
        keep = "keep: {command: sleep 1000}\n"
        with Daemon(keep + "go: {command: sleep 1000}\nnew: {command: sleep 1001}\n") as daemon:
            pid = daemon.wait_for("keep", "RUNNING")["pid"]
            daemon.wait_for("go", "RUNNING")
            daemon.configure(keep + "new: {command: sleep 1002}\nmore: {command: sleep 1003}\n")
            self.expect(
                daemon.ctl("update"),
                "go: stopped\ngo: removed process group\nnew: stopped\n"
                "new: updated process group\nmore: added process group\n",
            )
            daemon.wait_for("more", "RUNNING")
            daemon.wait_for("new", "RUNNING")
            self.assertEqual(pid, daemon.info("keep")["pid"])
            self.expect(daemon.ctl("update"), "")
            self.expect(daemon.ctl("update", "nope"), "ERROR: no such group: nope\n", 1)
            daemon.configure(keep + "new: {command: sleep 1002}\n")
            self.expect(daemon.ctl("update", "keep"), "")
            self.expect(
                daemon.ctl("update", "more"), "more: stopped\nmore: removed process group\n"
            )

    def test_reread_changes_nothing(self):
        with Daemon("keep: {command: sleep 1000}\ngo: {command: sleep 1000}\n") as daemon:
            keep = daemon.wait_for("keep", "RUNNING")["pid"]
            daemon.configure(
                "keep: {command: sleep 1000}\nnew: {command: sleep 1000, startsecs: 0}\n"
            )
            for _ in range(2):
                self.expect(daemon.ctl("reread"), "go: disappeared\nnew: available\n")
            self.assertEqual(keep, daemon.info("keep")["pid"])
            self.assertEqual(0, daemon.ctl("status", "go").returncode)

    def test_broken_file(self):
        with Daemon("web: {command: sleep 1000}\n") as daemon:
            pid = daemon.wait_for("web", "RUNNING")["pid"]
            daemon.configure("web: {comand: sleep 1000}\n")
            done = daemon.ctl("reread")
            self.assertEqual(1, done.returncode)
            self.assertRegex(done.stdout, r"(?s)^ERROR: CANT_REREAD: .*comand")
            self.assertEqual(1, daemon.ctl("update").returncode)
            self.assertEqual(pid, daemon.info("web")["pid"])


class Foreground(ClientTest):
    """Output of a program and input for it, in a terminal that is a pipe here."""

    def test_fg(self):
        with Daemon(
            "echo: {command: cat, stdin: PIPE, startsecs: 0}\noff: {command: cat, autostart: false}\n"
        ) as daemon:
            daemon.wait_for("echo", "RUNNING")
            with daemon.following("fg", "echo") as client:
                client.wait_for("==> Press Ctrl-C to exit <==\n")
                for line in ("hello", "gr\u00fc\u00dfe"):
                    client.process.stdin.write((line + "\n").encode())
                    client.process.stdin.flush()
                    client.wait_for(line + "\n")
                # After Ctrl-C it would wait for output for half a minute: it is killed instead.
            self.expect(daemon.ctl("fg", "off"), "ERROR: process not running\n", 1)
            self.expect(daemon.ctl("fg", "nope"), "ERROR: bad process name supplied\n", 1)
            self.assertIn("ERROR: no process name supplied\n", daemon.ctl("fg").stdout)


class End(ClientTest):
    def test_shutdown(self):
        with Daemon("web: {command: sleep 1000}\n") as daemon:
            self.expect(daemon.ctl("shutdown"), "Shut down\n")
            eventually("the end", lambda: daemon.process.poll() is not None)
            self.assertEqual(0, daemon.process.returncode)
            self.expect(daemon.ctl("status"), f"{daemon.url} no such file\n", 4)
            self.assertIn("already shut down?", daemon.ctl("shutdown").stdout)

    def test_shutdown_from_the_shell(self):
        with Daemon("web: {command: sleep 1000}\n") as daemon:
            self.assertIn("Shut down", daemon.ctl(text="shutdown\ny\nexit\n").stdout)
            eventually("the end", lambda: daemon.process.poll() is not None)

    def test_nobody_there(self):
        with Daemon("web: {command: sleep 1000}\n") as daemon:
            daemon.empty()
            daemon.proxy().supervisor.shutdown()
            eventually("the end", lambda: daemon.process.poll() is not None)
            self.expect(daemon.ctl("pid"), f"{daemon.url} no such file\n", 7)


if __name__ == "__main__":
    unittest.main()
