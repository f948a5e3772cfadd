# SPDX-License-Identifier: Apache-2.0
"""What status and pid show, and their exit statuses."""

import os
import signal
import xmlrpc.client

from catalogue import idle, run_deaf, scenario, shell, sleeper, steps

AB = sleeper("a") + idle("b")
GROUP = sleeper("a") + idle("b") + idle("c") + "[group:g]\nprograms=a,b\n"

steps("status_of_all", AB, "@a RUNNING", "status")
steps("status_when_all_run", sleeper("a") + sleeper("b"), "@a RUNNING", "@b RUNNING", "status")
steps("status_of_one", AB, "@a RUNNING", "status a", "status b")
steps("status_of_several", AB + idle("c"), "@a RUNNING", "status c a")
steps("status_of_an_unknown_process", AB, "@a RUNNING", "status x")
steps("status_of_an_unknown_and_a_running_one", AB, "@a RUNNING", "status x a")
steps("status_of_an_unknown_and_a_stopped_one", AB, "@a RUNNING", "status x b")
steps("status_of_a_group", GROUP, "@g:a RUNNING", "status g:*", "status g:")
steps("status_of_a_member", GROUP, "@g:a RUNNING", "status g:a", "status a")
steps("status_of_an_unknown_group", GROUP, "@g:a RUNNING", "status x:*")
steps("status_of_an_unknown_member", GROUP, "@g:a RUNNING", "status g:x")
steps("status_all", GROUP, "@g:a RUNNING", "status all", "status b all")
steps("status_pads_to_the_longest_name",
      sleeper("a") + idle("a-name-that-is-longer-than-thirty-characters"), "@a RUNNING", "status")
steps("status_sorts_by_group_and_name",
      idle("z") + idle("m") + idle("b") + "[group:k]\nprograms=z,b\npriority=1\n", "status")
steps("status_of_copies",
      sleeper("w", "numprocs=3", "process_name=%(program_name)s_%(process_num)02d", "numprocs_start=8"),
      "@w:w_08 RUNNING", "@w:w_09 RUNNING", "@w:w_10 RUNNING", "status", "status w:w_09")
steps("status_never_started", idle("b"), "status")
steps("status_stopped", sleeper("a"), "@a RUNNING", "stop a", "status")
steps("status_exited", shell("a", "exit 0", "startsecs=0"), "@a EXITED", "status")
steps("status_exited_badly", shell("a", "sleep 2; exit 4", "autorestart=false"),
      "@a EXITED", "status", differs="reason-in-status")
steps("status_starting", sleeper("a", "startsecs=600").replace("startsecs=0\n", "", 1),
      "@a STARTING", "status")
steps("status_backoff", shell("a", "exit 3", "startretries=1000", "autostart=true"),
      "@a BACKOFF", "status x")
steps("status_fatal", shell("a", "exit 3", "startretries=0"), "@a FATAL", "status",
      differs="reason-in-status")
steps("status_fatal_not_found", "[program:a]\ncommand=/no/such/file\nstartretries=0\n",
      "@a FATAL", "status", differs="reason-in-status")
steps("status_again_and_again", AB, "@a RUNNING", "status b", "status a", "status b")

steps("pid_of_a_stopped_one", AB, "@a RUNNING", "pid b")
steps("pid_of_an_unknown_one", AB, "@a RUNNING", "pid x")
steps("pid_of_all_stopped", idle("a") + idle("b"), "pid all")
steps("pid_of_two_stopped", idle("a") + idle("b"), "pid a b", "pid a x")


@scenario()
def pid_lines(site):
    site.run(AB, "a")
    result = site.ctl("pid a", record=False)
    site.note("is the pid of sleep", b"sleep" in open("/proc/%s/cmdline" % result.output.strip(), "rb").read())
    site.note("status", result.status)
    daemon = site.ctl("pid", record=False)
    with open("/proc/%s/stat" % daemon.output.strip()) as file:
        site.note("the daemon lives", file.read() != "")
    site.note("the pidfile says the same", site.read("main.pid").decode() == daemon.output)
    result = site.ctl("pid all", record=False)
    site.note("pid all", result.output.replace(str(site.pid("a")), "A"))


@scenario()
def status_of_what_is_tried_again_is_success(site):
    site.configure(shell("a", "exit 3", "startretries=1000"))
    site.start()
    site.wait("a", "BACKOFF")
    # It may be STARTING again by now, which is success as well.
    site.note("status", site.ctl("status a", record=False).status)


def while_stopping(name, *lines, differs=()):
    """Commands on a program that is stopping, and takes as long as it is let."""
    def run(site):
        pid = run_deaf(site)
        stop = site.begin("stop deaf")
        site.wait("deaf", "STOPPING")
        for line in lines:
            site.ctl(line)
        site.note("status", site.ctl("status", record=False).status)
        os.kill(pid, signal.SIGKILL)
        site.end(stop)
    run.__name__ = name
    scenario(differs)(run)


while_stopping("status_while_stopping_is_success")
while_stopping("status_while_stopping", "status", differs="reason-in-status")
while_stopping("signal_while_stopping", "signal CONT deaf")
while_stopping("remove_while_stopping", "remove deaf")
while_stopping("fg_while_stopping", "fg deaf")


@scenario(differs="a-second-stop-is-no-mistake")
def stop_while_stopping(site):
    """Over XML-RPC, without waiting."""
    pid = run_deaf(site)
    server = site.rpc().supervisor
    site.note("first", server.stopProcess("deaf", False))
    site.wait("deaf", "STOPPING")
    try:
        site.note("second", server.stopProcess("deaf", False))
    except xmlrpc.client.Fault as fault:
        site.note("second", fault.faultString)
    os.kill(pid, signal.SIGKILL)
