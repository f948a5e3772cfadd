# SPDX-License-Identifier: Apache-2.0
"""Keys that no other file of scenarios is about: those of the daemon, its sockets and its port."""

import base64
import http.client
import os
import re
import resource
import stat
import sys

from catalogue import idle, scenario, shell, sleeper
from harness import eventually
from .sockets import free_port

A = sleeper("a")


@scenario()
def silent_daemon(site):
    site.run(A, "a", daemon="silent=true\n")
    site.wait_text("main.log", "a entered RUNNING")
    site.note("shows it", b"a entered RUNNING" in site.read("daemon.out"))


@scenario()
def daemon_that_is_not_silent(site):
    site.run(A, "a")
    site.wait_text("daemon.out", "a entered RUNNING")
    site.note("the log has it", b"a entered RUNNING" in site.wait_text("main.log", "a entered RUNNING"))


@scenario()
def foreground_by_the_file(site):
    site.configure(A, "nodaemon=true\n")
    site.start("-e", "info")
    site.wait("a", "RUNNING")
    site.note("has ended", site.ended())
    with open(site.path("main.pid")) as file:
        site.note("is the process that was started", int(file.read()) == site.daemon)


@scenario()
def level_of_the_log(site):
    site.run(A, "a", daemon="loglevel=critical\n")
    site.ctl("stop a")
    site.note("log", re.sub(r".*CRIT (Supervisor|Server).*\n", "", site.read("main.log").decode()))


@scenario()
def log_of_the_daemon_is_rotated(site):
    site.run(A, "a", daemon="logfile_maxbytes=1KB\nlogfile_backups=2\n")

    def is_rotated():
        site.ctl("restart a", record=False)
        return os.path.exists(site.path("main.log.2"))
    eventually(is_rotated, "it is rotated twice")
    for _ in range(6):
        site.ctl("restart a", record=False)
    site.note("files", sorted(name for name in os.listdir(site.dir) if name.startswith("main.log")))


@scenario()
def logs_by_themselves_have_a_folder(site):
    os.mkdir(site.path("logs"))
    site.run(shell("a", "echo text; exec sleep 600", "startsecs=0"), "a", daemon="childlogdir=%s/logs\n" % site.dir)
    site.note("of the program", len([name for name in os.listdir(site.path("logs")) if name.startswith("a")]))
    eventually(lambda: "text" in site.ctl("tail a", record=False).output, "it is there")


@scenario()
def identifier_is_told(site):
    site.write("one.py", "import os, sys\nos.write(1, b'READY\\n')\nheader = sys.stdin.readline()\n"
               "open(sys.argv[1], 'w').write(header)\nsys.stdin.read()\n")
    site.run("[eventlistener:pool]\ncommand=%s -u %s/one.py %s/one.told\nevents=REMOTE_COMMUNICATION\nstartsecs=0\n"
             % (sys.executable, site.dir, site.dir), "pool", daemon="identifier=other\n")
    site.rpc().supervisor.sendRemoteCommEvent("kind", "text")
    header = site.wait_text("one.told", "\n").decode()
    site.note("header", re.sub(r" serial:\d+", " serial:N", header))
    site.note("over XML-RPC", site.rpc().supervisor.getIdentification())


def limits(name, daemon, soft=None, differs=()):
    """The limits that a program has of open files and processes."""
    def run(site):
        if soft:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
        site.configure("[program:a]\ncommand=/bin/bash -c 'ulimit -n; ulimit -u; echo end'\nstartsecs=0\n"
                       "autorestart=false\nstdout_logfile=%s/a.log\n" % site.dir, daemon)
        site.start()
        site.note("limits", site.wait_text("a.log", "end\n"))
    run.__name__ = name
    scenario(differs)(run)


limits("limits_that_are_high_enough", "minfds=300\nminprocs=100\n")
limits("limits_that_are_raised", "minfds=700\nminprocs=100\n", soft=500)
limits("limits_that_nobody_names", "", soft=500, differs="limits-are-not-raised-unasked")


@scenario()
def limits_that_cannot_be_raised(site):
    if os.getuid() == 0:
        site.configure(A, "minfds=2000000000\n")
    else:
        site.configure(A, "minfds=%d\n" % (resource.getrlimit(resource.RLIMIT_NOFILE)[1] + 1))
    site.exit_status = None
    site.launch("-n")
    site.note("status", site.wait_exit())


def access(name, *keys):
    """Who may use the socket, besides the daemon's user."""
    def run(site):
        site.run("[unix_http_server]\n" + "".join(key + "\n" for key in keys) + A, "a")
        status = os.stat(site.path("s.sock"))
        site.note("others", "%03o" % (stat.S_IMODE(status.st_mode) & 0o077))
        site.note("owner", "%d:%d" % (status.st_uid, status.st_gid))
    run.__name__ = name
    scenario()(run)


access("socket_for_its_owner")
access("socket_for_a_group", "chmod=0770")
access("socket_for_everybody", "chmod=0777")
if os.getuid() == 0:
    access("socket_of_another", "chmod=0770", "chown=65534:65534")


def ask(port, user=None, method="getState"):
    """The status of a call over TCP."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {"Content-Type": "text/xml"}
    if user:
        headers["Authorization"] = "Basic " + base64.b64encode(user.encode()).decode()
    connection.request("POST", "/RPC2", "<?xml version='1.0'?><methodCall><methodName>supervisor.%s</methodName>"
                       "<params></params></methodCall>" % method, headers)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer, body


def serve(site, *keys):
    """A port beside the socket; its number."""
    port = free_port()
    site.configure("[inet_http_server]\nport=127.0.0.1:%d\n" % port + "".join(key + "\n" for key in keys) + A)
    if site.name == "swisord" and keys:
        # The import has no place for it when it writes to its standard output, and says so.
        os.chmod(site.write("supervisor.password", "secret\n"), 0o600)
    site.start()
    site.wait("a", "RUNNING")
    return port


@scenario()
def port_with_a_password(site):
    port = serve(site, "username=admin", "password=secret")
    for user in (None, "admin:secret", "admin:wrong", "other:secret", ":"):
        answer, body = ask(port, user)
        site.note(user, answer.status)
        site.note("asks for a password", (answer.getheader("WWW-Authenticate") or "").startswith("Basic "))
        site.note("tells", b"RUNNING" in body)
    url = "http://127.0.0.1:%d" % port
    site.ctl(["-s", url, "-u", "admin", "-p", "secret", "stop", "a"], record=False)
    site.note("stopped", site.states()["a"])


@scenario()
def port_without_a_password(site):
    port = serve(site)
    for user in (None, ":", "admin:secret"):
        answer, body = ask(port, user)
        site.note(user, answer.status)
        site.note("tells", b"RUNNING" in body)
    result = site.ctl(["-s", "http://127.0.0.1:%d" % port, "status", "a"], record=False)
    site.note("status", result.status)


@scenario()
def port_and_a_wrong_password(site):
    port = serve(site, "username=admin", "password=secret")
    result = site.ctl(["-s", "http://127.0.0.1:%d" % port, "-u", "admin", "-p", "wrong", "stop", "a"], record=False)
    site.note("first line", result.output.splitlines()[0])
    site.note("status", result.status)
    site.note("state", site.states()["a"])


@scenario()
def port_that_nobody_listens_on(site):
    site.configure(A)
    result = site.ctl(["-s", "http://127.0.0.1:%d" % free_port(), "status"], record=False)
    site.note("says", re.sub(r":\d+", ":PORT", result.output))
    site.note("status", result.status)


@scenario(differs="failed-starts-are-told-in-status")
def log_of_a_start_that_failed(site):
    """A folder that is not there: supervisord writes that into the log of errors of the program."""
    site.configure("[program:a]\ncommand=/bin/sleep 600\ndirectory=/no/such\nstartsecs=5\nstartretries=0\n"
                   "stderr_logfile=%s/a.err\n" % site.dir)
    site.start()
    site.wait("a", "FATAL")
    site.note("log", site.read("a.err"))


@scenario(differs="what-cannot-run-is-not-tried-again")
def attempts_at_what_is_not_there(site):
    site.configure("[program:a]\ncommand=/no/such/file\nstartretries=1\n")
    site.start()
    log = site.wait_text("main.log", "gave up: a").decode()
    site.note("attempts", len([line for line in log.splitlines() if "spawnerr" in line]))
