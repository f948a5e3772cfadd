# SPDX-License-Identifier: Apache-2.0
"""The faults of supervisord that matter most: what happens there, and what happens here."""

import os
import shutil
import signal
import subprocess
import time

from catalogue import idle, run_deaf, scenario, shell, sleeper
from harness import alive, eventually


@scenario(differs="dead-is-never-running", sometimes=True)
def fact_1_dead_programs_are_never_running(site):
    """A program that dies within milliseconds, forty times."""
    site.configure(shell("a", "exit 3", "numprocs=40", "process_name=a%(process_num)d",
                         "startretries=1"))
    site.start()
    eventually(lambda: set(site.states().values()) == {"FATAL"}, "all are given up", 90)
    site.note("said to be running", b"entered RUNNING" in site.read("main.log"))


@scenario(differs="independent-programs-stop-at-once")
def fact_2a_independent_programs_end_together(site):
    """Each of two programs ends when the other has been told to end as well."""
    body = ""
    for name, other in (("a", "b"), ("b", "a")):
        path = site.script(name + ".sh", "trap 'touch %s/%s.told' TERM\necho set\n"
                           "while [ ! -e %s/%s.told -o ! -e %s/%s.told ]; do sleep 0.1; done\n"
                           % (site.dir, name, site.dir, name, site.dir, other))
        body += "[program:%s]\ncommand=%s\nstartsecs=0\nstopwaitsecs=20\nstdout_logfile=%s/%s.log\n" % (
            name, path, site.dir, name)
    site.run(body, "a", "b")
    for name in ("a", "b"):
        site.wait_text(name + ".log", "set")
    site.signal(signal.SIGTERM)
    site.note("status", site.wait_exit())
    site.note("one had to be killed", b"with SIGKILL" in site.read("main.log"))


@scenario(differs="independent-programs-stop-at-once")
def fact_2b_an_end_takes_no_second_for_each_program(site):
    """One program that runs, and many that do not."""
    site.run(sleeper("z") + "".join(idle("i%d" % number, "priority=%d" % (1000 + number))
                                    for number in range(25)), "z")
    since = time.monotonic()
    site.signal(signal.SIGTERM)
    site.note("status", site.wait_exit())
    # A second for each group that is stopped already, against some milliseconds in all: enough of
    # them that a slow machine is not taken for a slow daemon.
    site.note("took twenty seconds", time.monotonic() - since > 20)


@scenario(differs="reload-of-a-broken-file")
def fact_3_a_broken_file_ends_nothing(site):
    site.run(sleeper("a"), "a")
    pid = site.pid("a")
    site.by_url = True
    site.write("supervisord.conf", "[supervisord\n")
    site.write("supervisor.yaml", "programs: [")
    site.note("status", site.ctl("reload", record=False).status)
    if site.name == "supervisord":
        site.note("the daemon ended", site.wait_exit())
    site.note("the program lives", alive(pid))


@scenario(differs="reload-of-a-broken-file")
def fact_3b_a_relative_path_is_found_again(site):
    """The daemon has gone to another directory since it was told where its file is."""
    os.mkdir(site.path("sub"))
    daemon = "directory=%s/sub\n" % site.dir
    site.configure(sleeper("a"), daemon)
    site.arguments = lambda: ["-c", "supervisord.conf"]
    site.by_url = True
    site.launch("-j", site.path("main.pid"))
    site.wait_exit()
    pid = int(site.wait_text("main.pid", "\n"))
    site.wait("a", "RUNNING")
    site.configure(sleeper("a") + sleeper("b"), daemon)
    os.kill(pid, signal.SIGHUP)
    eventually(lambda: not alive(pid) or "b" in site.states(), "it has read the file, or ended")
    site.note("the daemon lives", alive(pid))


@scenario(differs="second-start-touches-nothing")
def fact_4_a_second_start_touches_no_log(site):
    site.run(shell("a", "echo kept; exec sleep 600", "startsecs=0"), "a")
    eventually(lambda: "kept" in site.ctl("tail a", record=False).output, "it is there")
    first = site.daemon
    site.launch("-n")
    site.note("status of the second", site.wait_exit())
    site.daemon, site.exit_status = first, None
    site.note("the log is kept", "kept" in site.ctl("tail a", record=False).output)


@scenario(differs="tail-of-any-bytes")
def fact_9a_tail_cuts_no_character(site):
    """An offset inside of a character of several bytes."""
    site.script("say.sh", "printf 'ääää'; exec sleep 600\n")
    site.configure("[program:a]\ncommand=%s/say.sh\nstartsecs=0\nstdout_logfile=%s/a.log\n"
                   % (site.dir, site.dir))
    site.start()
    site.wait_text("a.log", "ääää")
    site.wait("a", "RUNNING")
    result = site.ctl("tail -3 a", record=False)
    site.note("status", result.status)
    site.note("shows the last character", "ä" in result.output)


@scenario(differs="tail-of-any-bytes")
def fact_9b_tail_shows_control_characters(site):
    site.script("say.sh", "printf 'one\\033[1mtwo\\n'; exec sleep 600\n")
    site.configure("[program:a]\ncommand=%s/say.sh\nstartsecs=0\nstdout_logfile=%s/a.log\n"
                   % (site.dir, site.dir))
    site.start()
    site.wait_text("a.log", "two")
    site.wait("a", "RUNNING")
    result = site.ctl("tail a", record=False)
    site.note("status", result.status)
    site.note("shows it", "two" in result.output)


@scenario(differs="tail-of-any-bytes")
def fact_9c_pieces_of_logs_may_begin_anywhere(site):
    """Over XML-RPC, of both outputs, from each byte on."""
    site.script("say.sh", "printf 'ä\\001'; printf 'ä\\001' >&2; exec sleep 600\n")
    site.configure("[program:a]\ncommand=%s/say.sh\nstartsecs=0\nstdout_logfile=%s/a.log\n"
                   "stderr_logfile=%s/a.err\n" % (site.dir, site.dir, site.dir))
    site.start()
    site.wait_text("a.log", b"\001")
    site.wait_text("a.err", b"\001")
    site.wait("a", "RUNNING")
    server = site.rpc().supervisor
    for read in (server.readProcessStdoutLog, server.readProcessStderrLog):
        for offset in range(3):
            try:
                site.note("from %d" % offset, "\\1" if read("a", offset, 0) is not None else "nothing")
            except Exception as fault:
                site.note("from %d" % offset, type(fault).__name__)


@scenario(differs="umask-and-directory-in-the-foreground")
def fact_11_umask_and_directory_count_in_the_foreground(site):
    os.mkdir(site.path("sub"))
    site.configure("[program:a]\ncommand=/bin/sh -c 'umask; pwd; echo end'\nstartsecs=0\n"
                   "autorestart=false\nstdout_logfile=%s/a.log\n" % site.dir,
                   daemon="umask=027\ndirectory=%s/sub\nnodaemon=true\n" % site.dir)
    site.start()
    site.note("says", site.wait_text("a.log", "end\n"))


@scenario(differs="start-while-stopping")
def fact_8_a_start_while_stopping_starts(site):
    """Over XML-RPC, without waiting."""
    before = run_deaf(site)
    server = site.rpc()
    site.note("stop", server.supervisor.stopProcess("deaf", False))
    site.wait("deaf", "STOPPING")
    site.note("start", server.supervisor.startProcess("deaf", False))
    os.kill(before, signal.SIGKILL)
    site.wait("deaf", "RUNNING" if site.name == "swisord" else "STOPPED")
    site.note("runs again", site.pid("deaf") not in (0, before))


def run_what_may_not_be_signalled(site, beside=""):
    """Runs a daemon that is no root and its program `a`, which has become root; returns the pid."""
    if os.getuid() != 0 or not shutil.which("setpriv"):
        site.note("needs root and setpriv", site.name)
        return None
    os.chmod(os.path.dirname(site.dir), 0o711)
    os.chmod(site.dir, 0o1777)
    program = shutil.copy("/usr/bin/setpriv", site.path("become"))
    os.chmod(program, 0o4755)
    if subprocess.run([program, "--reuid", "0", "--clear-groups", "true"], user="nobody").returncode:
        site.note("nothing can become root here", site.name)
        return None
    site.configure("[program:a]\ncommand=%s --reuid 0 --regid 0 --clear-groups /bin/sleep 600\n"
                   "startsecs=0\n" % program + beside, daemon="user=nobody\n")
    site.start()
    site.wait("a", "RUNNING")
    pid = site.pid("a")
    eventually(lambda: os.stat("/proc/%d" % pid).st_uid == 0 and b"sleep" in open(
        "/proc/%d/cmdline" % pid, "rb").read(), "it has become root")
    return pid


@scenario(differs="kill-not-permitted")
def update_of_what_may_not_be_signalled(site):
    """A group that is to go and does not, and a start of it."""
    pid = run_what_may_not_be_signalled(site)
    if pid is None:
        return
    site.configure(sleeper("b"), daemon="user=nobody\n")
    update = site.begin("update")
    if site.name == "supervisord":
        site.end(update)
        site.ctl("start a")
    else:
        site.wait("a", "STOPPING")
    os.kill(pid, signal.SIGKILL)
    if site.name == "swisord":
        site.end(update)
    site.note("has gone", "a" not in site.states() if not site.ended() else "with the daemon")


@scenario(differs="kill-not-permitted")
def fact_5a_a_program_that_may_not_be_signalled(site):
    """The daemon is no root, and the program has become root."""
    pid = run_what_may_not_be_signalled(site, beside=sleeper("b"))
    if pid is None:
        return
    site.wait("b", "RUNNING")
    client, output = site.client_process(["stop", "a"])
    site.wait("a", "UNKNOWN", "STOPPING", "RUNNING")
    eventually(lambda: site.states().get("a") != "RUNNING" or site.name == "swisord", "it was tried")
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: not alive(pid), "it has ended")
    os.kill(client, signal.SIGKILL)
    os.waitpid(client, 0)
    os.close(output)
    if site.name == "supervisord":
        eventually(lambda: site.ended(), "the daemon ends")
    site.note("the daemon lives", not site.ended())
