# SPDX-License-Identifier: Apache-2.0
"""How the daemon ends, and what becomes of the programs then."""

import os
import signal

from catalogue import idle, run_deaf, scenario, shell, sleeper
from harness import alive, eventually

A = sleeper("a")


def ends_by(name, number):
    """A signal that ends the daemon in order."""
    def run(site):
        site.run(A, "a")
        pid = site.pid("a")
        site.signal(number)
        site.note("status", site.wait_exit())
        site.note("the program lives", alive(pid))
        site.note("the socket is there", os.path.exists(site.path("s.sock")))
        site.note("the pidfile is there", os.path.exists(site.path("main.pid")))
        site.note("told", b"indicating exit request" in site.read("main.log"))
    run.__name__ = name
    scenario()(run)


ends_by("ends_by_term", signal.SIGTERM)
ends_by("ends_by_interrupt", signal.SIGINT)
ends_by("ends_by_quit", signal.SIGQUIT)


@scenario()
def ends_by_shutdown(site):
    site.run(A, "a")
    pid = site.pid("a")
    site.ctl("shutdown")
    site.note("status", site.wait_exit())
    site.note("the program lives", alive(pid))
    site.note("the socket is there", os.path.exists(site.path("s.sock")))


@scenario()
def ends_with_nothing_running(site):
    site.configure(idle("a"))
    site.start()
    site.ctl("shutdown")
    site.note("status", site.wait_exit())


@scenario()
def ends_with_zero_although_all_is_fatal(site):
    site.configure(shell("a", "exit 1", "startretries=0", "startsecs=5"))
    site.start()
    site.wait("a", "FATAL")
    site.signal(signal.SIGTERM)
    site.note("status", site.wait_exit())


@scenario()
def end_kills_what_does_not_stop(site):
    pid = run_deaf(site, "stopwaitsecs=1", "killasgroup=true")
    site.ctl("shutdown")
    site.note("status", site.wait_exit())
    site.note("the program lives", alive(pid))


@scenario()
def shutdown_while_shutting_down(site):
    pid = run_deaf(site)
    site.ctl("shutdown")
    site.wait_text("main.log", "waiting for deaf to")
    site.ctl("shutdown")
    site.ctl("reload")
    site.ctl("reread")
    os.kill(pid, signal.SIGKILL)
    site.note("status", site.wait_exit())


@scenario()
def end_in_order_of_priority(site):
    """What has the highest number stops first, and each says so when it does."""
    body = ""
    for name, priority in (("one", 1), ("two", 2), ("three", 3)):
        script = 'trap "echo %s >> %s/order; exit 0" TERM; echo set; while :; do sleep 0.1; done' % (
            name, site.dir)
        body += shell(name, script, "priority=%d" % priority, "startsecs=0",
                      "stdout_logfile=%s/%s.log" % (site.dir, name))
    site.configure(body)
    site.start()
    for name in ("one", "two", "three"):
        site.wait_text(name + ".log", "set")
        site.wait(name, "RUNNING")
    site.ctl("shutdown")
    site.note("status", site.wait_exit())
    site.note("all have been told", " ".join(sorted(site.read("order").decode().split())))


@scenario()
def end_during_backoff(site):
    site.configure(shell("a", "exit 1", "startretries=1000", "startsecs=5"))
    site.start()
    site.wait_text("main.log", "exit status 1")
    site.signal(signal.SIGTERM)
    site.note("status", site.wait_exit())


@scenario()
def start_after_an_end(site):
    site.run(A, "a")
    site.ctl("shutdown")
    site.wait_exit()
    site.start()
    site.wait("a", "RUNNING")
    site.ctl("status")


@scenario(differs=("lists-until-the-end", "no-traceback"))
def commands_while_shutting_down(site):
    pid = run_deaf(site, beside=idle("b"))
    site.ctl("shutdown")
    site.wait_text("main.log", "waiting for deaf to")
    for line in ("avail", "reread", "update", "add b", "remove b", "reload", "shutdown"):
        site.ctl(line)
    os.kill(pid, signal.SIGKILL)
    site.note("status", site.wait_exit())


@scenario(differs="other-signals-are-harmless")
def a_signal_that_means_nothing(site):
    site.run(A, "a")
    pid = site.pid("a")
    site.signal(signal.SIGUSR1)
    if site.name == "supervisord":
        site.wait_exit()
    site.note("the daemon lives", not site.ended() and site.pid("a") == pid)
    site.note("the program lives", alive(pid))


@scenario(differs="a-killed-daemon-loses-nothing")
def a_daemon_that_is_killed(site):
    """And started again where that is needed."""
    site.run(A, "a")
    pid = site.pid("a")
    os.kill(site.daemon, signal.SIGKILL)
    site.wait_exit()
    if site.name == "supervisord":
        site.start()
    site.wait("a", "RUNNING")
    site.note("the program lives", alive(pid))
    site.note("there is no second copy", site.pid("a") == pid)


@scenario(differs="a-second-signal-kills")
def a_second_signal_to_end(site):
    """With a program that would take ten minutes to be killed."""
    pid = run_deaf(site)
    site.signal(signal.SIGTERM)
    site.wait_text("main.log", "waiting for deaf to")
    site.signal(signal.SIGTERM)
    eventually(lambda: site.ended() or site.read("main.log").count(b"received SIGTERM") > 1, "it is noticed")
    if site.name == "swisord":
        site.wait_exit()
    site.note("the program lives", alive(pid))
    if alive(pid):
        os.kill(pid, signal.SIGKILL)
    site.note("status", site.wait_exit())
