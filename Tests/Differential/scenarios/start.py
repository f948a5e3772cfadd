# SPDX-License-Identifier: Apache-2.0
"""What start and restart say, and their exit statuses."""

import os
import signal

from catalogue import idle, run_deaf, scenario, shell, sleeper, steps

A = idle("a")
AB = idle("a") + idle("b")
GROUP = idle("a") + idle("b") + idle("c") + "[group:g]\nprograms=a,b\n"
BAD = shell("bad", "exit 3", "autostart=false", "startretries=0")

steps("start_one", A, "start a", "@a RUNNING", "status a")
steps("start_one_with_startsecs", idle("a", "startsecs=1").replace("startsecs=0\n", "", 1),
      "start a", "status a")
steps("start_one_that_runs", A, "start a", "start a")
steps("start_an_unknown_one", A, "start x")
steps("start_an_unknown_group", A, "start x:*")
steps("start_an_unknown_member", GROUP, "start g:x", "start a")
steps("start_nothing", A, "start", differs="short-help")
steps("start_several", AB, "~start b a", "status")
steps("start_several_one_unknown", AB, "~start a x b")
steps("start_all", AB, "~start all", "start all")
steps("start_all_when_one_runs", AB, "start a", "start all")
steps("start_a_group", GROUP, "~start g:*", "status g:*", "status c")
steps("start_a_group_by_its_colon", GROUP, "~start g:")
steps("start_a_group_when_one_runs", GROUP, "start g:a", "start g:*")
steps("start_a_member", GROUP, "start g:b", "status g:b")
steps("start_what_dies_at_once", BAD, "start bad", "@bad FATAL")
steps("start_what_dies_again", BAD, "start bad", "@bad FATAL", "start bad")
steps("start_what_is_not_there", "[program:a]\ncommand=/no/such/file\nautostart=false\n", "start a")
steps("start_what_is_not_in_the_path", "[program:a]\ncommand=no-such-command\nautostart=false\n",
      "start a")
steps("start_what_is_not_executable", "[program:a]\ncommand=/etc/passwd\nautostart=false\n", "start a")
# Not at once: supervisord fails the start when it finds the program ended before it answers.
steps("start_one_that_ended", shell("a", "sleep 1; exit 0", "startsecs=0", "autostart=false"),
      "start a", "@a EXITED", "start a", "@a EXITED", "status a")
steps("start_a_good_and_a_bad_one", A + BAD, "~start a bad", "@bad FATAL")
steps("start_all_with_a_bad_one", A + BAD, "~start all", "@bad FATAL")
steps("start_after_backoff_ended", BAD, "start bad", "@bad FATAL", "stop bad")

steps("restart_one", sleeper("a"), "@a RUNNING", "restart a", "@a RUNNING", "status a")
steps("restart_a_stopped_one", A, "restart a", "status a")
steps("restart_nothing", A, "restart", differs="short-help")
steps("restart_an_unknown_one", A, "restart x")
steps("restart_an_unknown_group", A, "restart x:*")
steps("restart_several", sleeper("a") + sleeper("b"), "@a RUNNING", "@b RUNNING", "~restart b a")
steps("restart_all", sleeper("a") + sleeper("b"), "@a RUNNING", "@b RUNNING", "~restart all")
steps("restart_all_with_a_stopped_one", sleeper("a") + idle("b"), "@a RUNNING", "~restart all")
steps("restart_a_group", GROUP, "~start g:*", "~restart g:*", "status g:*")
steps("restart_one_and_an_unknown_one", sleeper("a"), "@a RUNNING", "restart a x")
steps("restart_what_dies_at_once", BAD, "restart bad", "@bad FATAL")


@scenario()
def restart_gives_a_new_pid(site):
    site.run(sleeper("a"), "a")
    before = site.pid("a")
    site.ctl("restart a")
    site.wait("a", "RUNNING")
    site.note("another pid", site.pid("a") != before)


@scenario()
def start_by_priority(site):
    body = ""
    for name, priority in (("late", 30), ("early", 10), ("middle", 20)):
        body += shell(name, "echo %s >> {dir}/order; exec sleep 600" % name,
                      "priority=%d" % priority, "startsecs=0")
    site.configure(body.replace("{dir}", site.dir))
    site.start()
    for name in ("early", "middle", "late"):
        site.wait(name, "RUNNING")
    # The three run at the same time, so only what was asked of the system has an order.
    log = site.wait_text("main.log", "late entered RUNNING")
    order = [line.split("'")[1] for line in log.decode().splitlines() if "spawned:" in line]
    site.note("order", " ".join(order))


@scenario(differs="start-while-stopping")
def start_of_what_is_being_stopped(site):
    """supervisord refuses what swisord does once the program has stopped."""
    pid = run_deaf(site)
    stop = site.begin("stop deaf")
    site.wait("deaf", "STOPPING")
    start = site.begin("start deaf")
    if site.name == "supervisord":
        site.end(start)
    os.kill(pid, signal.SIGKILL)
    site.end(stop)
    if site.name == "swisord":
        site.end(start)


@scenario()
def start_that_is_stopped_halfway(site):
    site.configure(idle("a", "startsecs=600").replace("startsecs=0\n", "", 1))
    site.start()
    start = site.begin("start a")
    site.wait("a", "STARTING")
    site.ctl("stop a")
    site.end(start)
