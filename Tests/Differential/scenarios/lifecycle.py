# SPDX-License-Identifier: Apache-2.0
"""The command line of the daemon: what it refuses, and how it becomes a daemon."""

import os
import subprocess

from catalogue import idle, scenario, sleeper
from harness import Swisord, alive, eventually

A = sleeper("a")


def run_daemon(site, *options):
    """Runs the daemon until it ends; its exit status and what it said."""
    site.exit_status = None
    site.launch(*options)
    status = site.wait_exit()
    return status, site.read("daemon.out").decode("utf-8", "replace")


def refuses(name, body, *options, daemon="", differs=()):
    """The daemon does not start, and says so with its exit status."""
    def run(site):
        site.configure(A)
        if body is not None:
            theirs, ours = body
            site.write("supervisord.conf", theirs)
            site.write("supervisor.yaml", ours)
        status, said = run_daemon(site, *options)
        site.note("status", status)
        site.note("says something", bool(said.strip()))
    run.__name__ = name
    scenario(differs)(run)


refuses("start_with_a_broken_file", ("[supervisord\n", "programs: ["))
refuses("start_with_an_empty_file", ("", "[]\n"))
refuses("start_with_a_program_without_command",
        ("[supervisord]\n[program:a]\nautostart=true\n", "programs:\n  a: {autostart: true}\n"))
refuses("start_with_a_bad_number",
        ("[supervisord]\n[program:a]\ncommand=/bin/a\nstartsecs=many\n",
         "programs:\n  a: {command: /bin/a, startsecs: many}\n"))
refuses("start_with_a_bad_signal",
        ("[supervisord]\n[program:a]\ncommand=/bin/a\nstopsignal=NOSUCH\n",
         "programs:\n  a: {command: /bin/a, stopsignal: NOSUCH}\n"))
refuses("start_with_an_unknown_user",
        ("[supervisord]\n[program:a]\ncommand=/bin/a\nuser=no-such-user\n",
         "programs:\n  a: {command: /bin/a, user: no-such-user}\n"))
refuses("start_with_an_unknown_member",
        ("[supervisord]\n[group:g]\nprograms=x\n", "groups:\n  g: {programs: [x]}\n"))
refuses("start_with_copies_of_one_name",
        ("[supervisord]\n[program:a]\ncommand=/bin/a\nnumprocs=2\n",
         "programs:\n  a: {command: /bin/a, numprocs: 2}\n"))
refuses("start_with_an_unknown_option", None, "--no-such-option")
refuses("start_with_a_bad_level", None, "-n", "-e", "loud")


@scenario()
def start_without_its_file(site):
    site.configure(A)
    os.unlink(site.path("supervisord.conf"))
    if site.name == "swisord":
        os.unlink(site.path("supervisor.yaml"))
    status, said = run_daemon(site, "-n")
    site.note("status", status)
    site.note("names the file", "supervisor" in said)


@scenario(differs="version")
def version_of_the_daemon(site):
    site.configure(A)
    status, said = run_daemon(site, "-v")
    site.note("status", status)
    site.note("version", said.strip())


@scenario()
def help_of_the_daemon(site):
    site.configure(A)
    status, said = run_daemon(site, "-h")
    site.note("status", status)
    site.note("tells of -c", "-c" in said)


@scenario(differs="unknown-keys-are-errors")
def start_with_a_misspelt_key(site):
    site.configure(A)
    site.write("supervisord.conf", site.read("supervisord.conf").decode() + "autostrt=false\n")
    site.write("supervisor.yaml", site.read("supervisor.yaml").decode()
               .replace("startsecs: 0", "startsecs: 0\n    autostrt: false"))
    site.launch()
    eventually(lambda: site.answers() or site.ended(), "it answers or ends")
    site.note("runs", not site.ended())


@scenario()
def becomes_a_daemon(site):
    """The command ends with 0, and the daemon goes on with the pid of its file."""
    site.configure(A)
    options = ["-j", site.path("main.pid")]
    site.launch(*options)
    site.note("status", site.wait_exit())
    pid = int(site.wait_text("main.pid", "\n"))
    eventually(site.answers, "it answers")
    site.wait("a", "RUNNING")
    site.ctl("status a", record=False)
    site.note("lives", alive(pid))
    with open("/proc/%d/stat" % pid) as file:
        session = int(file.read().rsplit(")", 1)[1].split()[3])
    site.note("is in a session of its own", session != os.getsid(0))
    site.ctl("shutdown")
    eventually(lambda: not alive(pid), "it ends")
    site.note("its file is gone", not os.path.exists(site.path("main.pid")))


@scenario()
def second_start_is_refused(site):
    site.run(A, "a")
    pid = site.pid("a")
    first = site.daemon
    site.launch("-n")
    second = site.wait_exit()
    site.daemon, site.exit_status = first, None
    site.note("status of the second", second)
    site.note("the first goes on", site.pid("a") == pid)


@scenario()
def identifier_and_level_on_the_command_line(site):
    site.configure(A)
    site.start("-n", "-e", "debug", "-i", "other")
    site.wait("a", "RUNNING")
    site.ctl("stop a")
    site.ctl("status a", record=False)


@scenario()
def log_on_the_command_line(site):
    site.configure(A)
    site.start("-n", "-l", site.path("other.log"))
    site.wait("a", "RUNNING")
    site.wait_text("other.log", "a entered RUNNING")
    site.note("the one of the file is there", os.path.exists(site.path("main.log")))


@scenario(differs="t-is-a-check")
def start_with_t(site):
    """It strips colours there and checks the file here, so it is refused in the foreground."""
    site.configure(A)
    site.launch("-n", "-t")
    eventually(lambda: site.answers() or site.ended(), "it answers or ends")
    site.note("status", site.wait_exit() if site.ended() else "it runs")
