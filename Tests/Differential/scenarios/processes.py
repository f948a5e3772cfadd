# SPDX-License-Identifier: Apache-2.0
"""When programs are started again, and when they are given up."""

from catalogue import scenario, shell, sleeper, steps
from harness import eventually


def runs(name, script, *keys, wait="EXITED", count=1, differs=(), sometimes=False):
    """Lets a program end and counts how often it was started."""
    def run(site):
        site.configure(shell("a", "echo run >> {dir}/runs; ".replace("{dir}", site.dir) + script, *keys))
        site.start()
        if count > 1:
            eventually(lambda: site.read("runs").count(b"run") >= count, "%d runs" % count)
            site.note("at least", count)
            site.ctl("stop a", record=False)
            return
        site.wait("a", wait)
        site.note("runs", site.read("runs").count(b"run"))
        site.ctl("status a", record=False)
        site.note("state", site.states()["a"])
    run.__name__ = name
    scenario(differs, sometimes)(run)


runs("expected_exit", "sleep 2; exit 0")
runs("expected_exit_by_list", "sleep 2; exit 7", "exitcodes=0,7")
runs("unexpected_exit_is_restarted", "sleep 1.5; exit 7", count=3)
runs("any_exit_is_restarted", "sleep 1.5; exit 0", "autorestart=true", count=3)
runs("no_exit_is_restarted", "sleep 2; exit 7", "autorestart=false")
runs("no_code_is_expected", "sleep 1.5; exit 0", "exitcodes=", count=3)
runs("death_by_signal_is_unexpected", "sleep 1.5; kill -9 $$", count=3)
runs("death_by_signal_is_not_restarted", "sleep 2; kill -9 $$", "autorestart=false")
runs("one_shot_with_startsecs_0", "exit 0", "startsecs=0", "autorestart=false")
runs("one_shot_that_fails_with_startsecs_0", "exit 5", "startsecs=0", "autorestart=false")
runs("expected_exit_with_startsecs_0", "exit 0", "startsecs=0")
runs("startsecs_0_never_gives_up", "exit 5", "startsecs=0", "startretries=1", count=4)
runs("no_retries", "exit 5", "startretries=0", wait="FATAL", differs="dead-is-never-running",
     sometimes=True)
runs("expected_exit_too_early_is_a_failure", "exit 0", "startretries=0", wait="FATAL",
     differs="dead-is-never-running",
     sometimes=True)

steps("two_failures_then_given_up", shell("a", "exit 1", "startretries=1", "startsecs=5"), "@a FATAL",
      "start x")


@scenario()
def attempts_before_fatal(site):
    """With startretries=2 there are three attempts."""
    site.configure(shell("a", "echo run >> %s/runs; exit 1" % site.dir, "startretries=2",
                         "startsecs=5"))
    site.start()
    site.wait("a", "FATAL")
    site.note("runs", site.read("runs").count(b"run"))


@scenario(differs="a-wanted-stop-is-no-warning")
def activity_log_of_a_life(site):
    """The lines that other tools look for."""
    site.configure(shell("good", "exec sleep 600", "startsecs=1", "autostart=false")
                   + shell("once", "sleep 1; exit 0", "startsecs=0", "autostart=false")
                   + shell("bad", "sleep 1; exit 4", "startsecs=0", "autostart=false",
                           "autorestart=false"))
    site.start()
    site.ctl("start good", record=False)
    site.ctl("start once bad", record=False)
    site.wait("once", "EXITED")
    site.wait("bad", "EXITED")
    site.ctl("stop good", record=False)
    log = site.wait_text("main.log", "stopped: good").decode()
    for name in ("good", "once", "bad"):
        lines = [line for line in log.splitlines() if name in line and "waiting for" not in line]
        site.note(name, "\n".join(site.normal(line.split(" ", 2)[2]) for line in lines))


@scenario()
def activity_log_of_a_death_by_signal(site):
    site.configure(shell("a", "sleep 1; kill -SEGV $$", "startsecs=0", "autorestart=false"))
    site.start()
    log = site.wait_text("main.log", "exited: a").decode()
    line = [line for line in log.splitlines() if "exited: a" in line][0].split(" ", 2)[2]
    site.note("line", line.replace(" (core dumped)", ""))


@scenario()
def activity_log_of_giving_up(site):
    site.configure(shell("a", "exit 1", "startretries=0", "startsecs=5"))
    site.start()
    log = site.wait_text("main.log", "gave up: a").decode()
    lines = [line.split(" ", 2)[2] for line in log.splitlines() if " a " in line or "'a'" in line]
    site.note("lines", "\n".join(lines))


def field(pid, number):
    """One of the numbers in the `stat` of a process, counted as in proc(5)."""
    with open("/proc/%d/stat" % pid) as file:
        return int(file.read().rsplit(")", 1)[1].split()[number - 3])


@scenario(differs="programs-have-sessions-of-their-own")
def session_of_a_program(site):
    site.run(sleeper("a"), "a")
    pid = site.pid("a")
    site.note("leads its group", field(pid, 5) == pid)
    site.note("leads its session", field(pid, 6) == pid)


@scenario(differs="the-activity-log-names-groups")
def activity_log_of_a_member(site):
    site.run(sleeper("a") + sleeper("b") + "[group:g]\nprograms=a,b\n", "g:a", "g:b")
    site.ctl("stop g:a", record=False)
    log = site.wait_text("main.log", "SIGTERM").decode()
    lines = [line.split(" ", 3)[3] for line in log.splitlines() if "waiting for" not in line]
    site.note("lines", "\n".join(site.normal(line) for line in lines
                                 if line.startswith(("spawned: 'a'", "spawned: 'g:a'", "stopped", "success: a ",
                                                     "success: g:a "))))
