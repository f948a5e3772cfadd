# SPDX-License-Identifier: Apache-2.0
"""Python's own xmlrpc.client, and supervisor.childutils, against every method."""

import os
import socket
import threading
import unittest
import xmlrpc.client

from daemon import ClientTest, Daemon, UnixConnection, eventually

PROGRAMS = """\
web: {command: sleep 1000, startsecs: 0, stdout_logfile: web.log}
off: {command: sleep 1000, autostart: false, startsecs: 0}
slow: {command: sleep 1000, autostart: false, startsecs: 2}
stubborn:
  command: sh -c 'trap "" TERM; touch ready; while true; do sleep 0.1; done'
  startsecs: 0
  stopwaitsecs: 2
  autostart: false
crash: {command: sh -c 'exit 3', autostart: false, startsecs: 5, startretries: 1000}
done: {command: sh -c 'exit 5', startsecs: 0, autorestart: false, autostart: false}
"""

INFO = {
    "name": str, "group": str, "start": int, "stop": int, "now": int, "state": int,
    "statename": str, "spawnerr": str, "exitstatus": int, "logfile": str, "stdout_logfile": str,
    "stderr_logfile": str, "pid": int, "description": str,
}

CONFIG = {
    ("autostart", bool), ("directory", str), ("uid", str), ("command", str), ("exitcodes", list),
    ("group", str), ("group_prio", int), ("inuse", bool), ("killasgroup", bool), ("name", str),
    ("process_prio", int), ("redirect_stderr", bool), ("startretries", int), ("startsecs", int),
    ("stdout_capture_maxbytes", int), ("stdout_events_enabled", bool), ("stdout_logfile", str),
    ("stdout_logfile_backups", int), ("stdout_logfile_maxbytes", int), ("stdout_syslog", bool),
    ("stopsignal", int), ("stopwaitsecs", int), ("stderr_capture_maxbytes", int),
    ("stderr_events_enabled", bool), ("stderr_logfile", str), ("stderr_logfile_backups", int),
    ("stderr_logfile_maxbytes", int), ("stderr_syslog", bool), ("serverurl", str),
}


class Methods(ClientTest):
    @classmethod
    def setUpClass(cls):
        cls.daemon = cls.enterClassContext(Daemon(PROGRAMS))
        cls.daemon.wait_for("web", "RUNNING")

    def setUp(self):
        self.transport = self.daemon.transport()
        self.proxy = self.daemon.proxy(self.transport)
        self.server = self.proxy.supervisor

    def fault(self, code, text, method, *parameters):
        with self.assertRaises(xmlrpc.client.Fault) as caught:
            getattr(self.proxy, method)(*parameters)
        self.assertEqual((code, text), (caught.exception.faultCode, caught.exception.faultString))

    def test_daemon(self):
        self.assertEqual("3.0", self.server.getAPIVersion())
        self.assertEqual("3.0", self.server.getVersion())
        self.assertRegex(self.server.getSupervisorVersion(), r"^\d+\.\d+(\.\d+)?$")
        self.assertEqual({"statecode": 1, "statename": "RUNNING"}, self.server.getState())
        self.assertEqual(self.daemon.process.pid, self.server.getPID())
        self.assertIsInstance(self.server.getIdentification(), str)
        self.assertEqual([[[], [], []]], self.server.reloadConfig())
        self.assertEqual(1, self.transport.connections)

    def test_info(self):
        infos = self.server.getAllProcessInfo()
        self.assertEqual(
            ["crash", "done", "off", "slow", "stubborn", "web"], [i["name"] for i in infos]
        )
        for info in infos:
            self.assertEqual(INFO, {key: type(value) for key, value in info.items()})
        web = self.server.getProcessInfo("web:web")
        self.assertEqual((20, "RUNNING"), (web["state"], web["statename"]))
        self.assertEqual(self.daemon.home + "/web.log", web["logfile"])
        os.kill(web["pid"], 0)
        self.assertLessEqual(web["start"], web["now"])
        self.assertEqual("Not started", self.server.getProcessInfo("slow")["description"])

    def test_configuration(self):
        infos = self.server.getAllConfigInfo()
        self.assertEqual(
            ["crash", "done", "off", "slow", "stubborn", "web"], [i["name"] for i in infos]
        )
        for info in infos:
            self.assertTrue(CONFIG <= {(key, type(value)) for key, value in info.items()}, info)
        slow = infos[3]
        self.assertEqual("sleep 1000", slow["command"])
        self.assertEqual((False, 2, 15), tuple(slow[k] for k in ("autostart", "startsecs", "stopsignal")))

    def test_input(self):
        self.fault(20, "NO_FILE: web", "supervisor.sendProcessStdin", "web", "x")
        self.fault(70, "NOT_RUNNING: off", "supervisor.sendProcessStdin", "off", "x")
        self.fault(10, "BAD_NAME: nope", "supervisor.sendProcessStdin", "nope", "x")
        with Daemon("tee: {command: cat, stdin: PIPE, stdout_logfile: tee.log}\n") as daemon:
            server = daemon.proxy().supervisor
            daemon.wait_for("tee", "RUNNING")
            server.sendProcessStdin("tee", "gr\u00fc\u00dfe\n")
            server.sendProcessStdin("tee", xmlrpc.client.Binary(b"more\n"))
            eventually("both", lambda: "gr\u00fc\u00dfe\nmore\n" == daemon.read("tee.log"))

    def test_groups_in_and_out(self):
        self.fault(90, "ALREADY_ADDED: web", "supervisor.addProcessGroup", "web")
        self.fault(91, "STILL_RUNNING: web", "supervisor.removeProcessGroup", "web")
        for method in ("supervisor.addProcessGroup", "supervisor.removeProcessGroup"):
            self.fault(10, "BAD_NAME: nope", method, "nope")
        self.assertTrue(self.server.removeProcessGroup("done"))
        self.assertEqual([[["done"], [], []]], self.server.reloadConfig())
        self.assertTrue(self.server.addProcessGroup("done"))

    def test_activity_log_is_cleared(self):
        with Daemon("web: {command: sleep 1000}\n") as daemon:
            server = daemon.proxy().supervisor
            eventually("a line", lambda: "entered RUNNING" in server.readLog(0, 0))
            self.assertTrue(server.clearLog())
            self.assertNotIn("spawned", server.readLog(0, 0))

    def test_exit_status(self):
        self.server.startProcess("done", False)
        info = self.daemon.wait_for("done", "EXITED")
        self.assertEqual((5, 0), (info["exitstatus"], info["pid"]))
        self.assertGreater(info["stop"], 0)

    def test_long_calls_and_other_clients_beside_them(self):
        answers = []
        thread = threading.Thread(
            target=lambda: answers.append(self.daemon.proxy().supervisor.startProcess("slow"))
        )
        thread.start()
        self.daemon.wait_for("slow", "STARTING")
        self.assertEqual([], answers)
        thread.join()
        self.assertEqual([True], answers)
        self.assertEqual("RUNNING", self.daemon.info("slow")["statename"])
        self.server.stopProcess("slow")

    def test_start_while_it_stops(self):
        for wait in (False, True):
            if os.path.exists(self.daemon.home + "/ready"):
                os.unlink(self.daemon.home + "/ready")
            self.server.startProcess("stubborn")
            eventually("the trap", lambda: os.path.exists(self.daemon.home + "/ready"))
            first = self.daemon.info("stubborn")["pid"]
            self.server.stopProcess("stubborn", False)
            self.assertEqual("STOPPING", self.daemon.info("stubborn")["statename"])
            self.assertTrue(self.server.startProcess("stubborn", wait))
            # What was promised is so at once where it was waited for, and comes where it was not.
            if wait:
                self.assertEqual("RUNNING", self.daemon.info("stubborn")["statename"])
            second = self.daemon.wait_for("stubborn", "RUNNING")["pid"]
            self.assertNotEqual(first, second)
            self.server.stopProcess("stubborn")

    def test_faults(self):
        self.fault(1, "UNKNOWN_METHOD", "supervisor.nothing")
        self.fault(1, "UNKNOWN_METHOD", "supervisor.supervisord.options.execve", "/bin/sh")
        self.fault(2, "INCORRECT_PARAMETERS", "supervisor.getPID", 1)
        self.fault(2, "INCORRECT_PARAMETERS", "supervisor.startProcess")
        self.fault(3, "BAD_ARGUMENTS", "supervisor.readLog", -1, 1)
        self.fault(4, "SIGNATURE_UNSUPPORTED", "system.methodHelp", "x")
        self.fault(10, "BAD_NAME: nope", "supervisor.startProcess", "nope")
        self.fault(10, "BAD_NAME: w*", "supervisor.stopProcess", "w*")
        self.fault(10, "BAD_NAME: nope", "supervisor.stopProcessGroup", "nope")
        self.fault(10, "BAD_NAME: web:*", "supervisor.getProcessInfo", "web:*")
        self.fault(11, "BAD_SIGNAL: FOO", "supervisor.signalProcess", "web", "FOO")
        self.fault(60, "ALREADY_STARTED: web", "supervisor.startProcess", "web")
        self.fault(70, "NOT_RUNNING: off:off", "supervisor.stopProcess", "off:off")
        self.fault(50, "SPAWN_ERROR: crash", "supervisor.startProcess", "crash")
        self.fault(60, "ALREADY_STARTED: crash", "supervisor.startProcess", "crash")
        info = self.daemon.info("crash")
        self.assertIn(info["statename"], ("BACKOFF", "STARTING"))
        self.assertTrue(self.server.stopProcess("crash"))

    def test_groups(self):
        done = {"name": "off", "group": "off", "status": 80, "description": "OK"}
        self.assertEqual([done], self.server.startProcessGroup("off"))
        self.assertEqual([], self.server.startProcess("off:*"))
        self.assertEqual([done], self.server.signalProcessGroup("off", "CONT"))
        self.assertEqual(
            [{**done, "status": 11, "description": "BAD_SIGNAL: FOO"}],
            self.server.signalProcess("off:*", "FOO"),
        )
        self.assertEqual([done], self.server.stopProcess("off:*"))
        self.assertEqual([], self.server.stopProcessGroup("off", True))

    def test_introspection(self):
        names = self.proxy.system.listMethods()
        self.assertEqual(sorted(names), names)
        for name in names:
            self.assertIn("@return", self.proxy.system.methodHelp(name))
            self.assertTrue(self.proxy.system.methodSignature(name))
        # What multivisor builds its proxy from.
        for name in ("getPID", "startProcess", "tailProcessStdoutLog", "reloadConfig"):
            self.assertIn("supervisor." + name, names)

    def test_multicall(self):
        results = self.proxy.system.multicall(
            [
                {"methodName": "supervisor.getPID", "params": []},
                {"methodName": "supervisor.startProcess", "params": ["slow"]},
                {"methodName": "supervisor.stopProcess", "params": ["slow"]},
                {"methodName": "system.multicall", "params": [[]]},
                {"methodName": "supervisor.getVersion"},
            ]
        )
        self.assertEqual(
            [
                self.daemon.process.pid, True, True,
                {
                    "faultCode": 2,
                    "faultString": "INCORRECT_PARAMETERS: Recursive system.multicall forbidden",
                },
                "3.0",
            ],
            results,
        )

    def test_remote_events(self):
        # They are told to whoever streams events, and to listeners.
        connection = UnixConnection(self.daemon.socket)
        connection.request("GET", "/v1/events")
        events = connection.getresponse()
        self.assertTrue(self.server.sendRemoteCommEvent("deploy", "gr\u00fc\u00dfe"))
        for line in events:
            if b"REMOTE_COMMUNICATION" in line and line.startswith(b"data:"):
                break
        self.assertIn(b"deploy", line)
        connection.close()

    def test_childutils(self):
        from supervisor import childutils

        # It sends credentials that are empty, with every request.
        proxy = childutils.getRPCInterface({"SUPERVISOR_SERVER_URL": self.daemon.url})
        for _ in range(3):
            self.assertEqual("RUNNING", proxy.supervisor.getProcessInfo("web:web")["statename"])

    def test_environment_of_programs(self):
        with open(f"/proc/{self.daemon.info('web')['pid']}/environ") as file:
            variables = file.read().split("\0")
        for variable in (
            "SUPERVISOR_ENABLED=1", "SUPERVISOR_SERVER_URL=" + self.daemon.url,
            "SUPERVISOR_PROCESS_NAME=web", "SUPERVISOR_GROUP_NAME=web",
        ):
            self.assertIn(variable, variables)

    def raw(self, text):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
            client.settimeout(60)
            client.connect(self.daemon.socket)
            client.sendall(text.encode())
            answer = b""
            while piece := client.recv(65536):
                answer += piece
        return answer.decode()

    def test_statuses(self):
        call = "<methodCall><methodName>supervisor.getVersion</methodName></methodCall>"
        for head, body, status in (
            ("POST /RPC2 HTTP/1.0\r\nContent-Length: %d\r\n\r\n", call, "200 OK"),
            ("POST /RPC2/x HTTP/1.0\r\nContent-Length: %d\r\n\r\n", call, "200 OK"),
            ("POST /RPC2 HTTP/1.1\r\nConnection: close\r\n\r\n", "", "411 Length Required"),
            ("POST /RPC2 HTTP/1.0\r\nContent-Length: %d\r\n\r\n", call[:-1], "400 Bad Request"),
            ("GET /RPC2 HTTP/1.0\r\n\r\n", "", "400 Bad Request"),
        ):
            answer = self.raw((head % len(body) if "%d" in head else head) + body)
            self.assertEqual(status, answer.split("\r\n")[0].split(" ", 1)[1])


class Restart(ClientTest):
    def test_everything_is_started_anew(self):
        programs = "web: {command: sleep 1000}\noff: {command: sleep 1000, autostart: false}\n"
        with Daemon(programs) as daemon:
            server = daemon.proxy().supervisor
            before = daemon.wait_for("web", "RUNNING")["pid"]
            server.startProcess("off")
            daemon.configure(programs + "broken: {comand: x}\n")
            with self.assertRaises(xmlrpc.client.Fault) as caught:
                server.restart()
            self.assertEqual(92, caught.exception.faultCode)
            self.assertEqual(before, daemon.info("web")["pid"])
            daemon.configure(programs + "new: {command: sleep 1000}\n")
            self.expect(daemon.ctl("reload"), "Restarted supervisord\n")
            eventually("another web", lambda: daemon.info("web")["pid"] not in (0, before))
            daemon.wait_for("web", "RUNNING")
            daemon.wait_for("new", "RUNNING")
            daemon.wait_for("off", "STOPPED")


class Shutdown(ClientTest):
    def test_questions_are_answered_and_changes_refused(self):
        programs = """\
        stubborn:
          command: sh -c 'trap "" TERM; touch ready; while true; do sleep 0.1; done'
          stopwaitsecs: 1h
        """
        import textwrap

        with Daemon(textwrap.dedent(programs)) as daemon:
            eventually("the trap", lambda: os.path.exists(daemon.home + "/ready"))
            server = daemon.proxy().supervisor
            pid = daemon.info("stubborn")["pid"]
            self.assertTrue(server.shutdown())
            self.assertEqual({"statecode": -1, "statename": "SHUTDOWN"}, server.getState())
            self.assertEqual("STOPPING", server.getProcessInfo("stubborn")["statename"])
            for call in (
                server.shutdown, server.restart, server.reloadConfig,
                lambda: server.startProcess("stubborn"),
            ):
                with self.assertRaises(xmlrpc.client.Fault) as caught:
                    call()
                self.assertEqual(
                    (6, "SHUTDOWN_STATE"),
                    (caught.exception.faultCode, caught.exception.faultString),
                )
            self.expect(daemon.ctl("shutdown"), "ERROR: already shutting down\n", 0)
            self.expect(daemon.ctl("reread"), "ERROR: supervisor shutting down\n", 1)
            self.expect(daemon.ctl("update"), "ERROR: already shutting down\n", 1)
            self.expect(daemon.ctl("add", "stubborn"), "ERROR: shutting down\n", 1)
            os.kill(pid, 9)
            eventually("the end", lambda: daemon.process.poll() is not None)


if __name__ == "__main__":
    unittest.main()
