# SPDX-License-Identifier: Apache-2.0
"""What stop says, its exit statuses, and what becomes of processes."""

from catalogue import idle, run_deaf, scenario, shell, sleeper, steps
from harness import alive, eventually

A = sleeper("a")
AB = sleeper("a") + sleeper("b")
GROUP = sleeper("a") + sleeper("b") + sleeper("c") + "[group:g]\nprograms=a,b\n"

steps("stop_one", A, "@a RUNNING", "stop a", "status a")
steps("stop_one_that_is_stopped", idle("a"), "stop a")
steps("stop_twice", A, "@a RUNNING", "stop a", "stop a")
steps("stop_an_unknown_one", A, "@a RUNNING", "stop x")
steps("stop_an_unknown_group", A, "@a RUNNING", "stop x:*")
steps("stop_nothing", A, "@a RUNNING", "stop", differs="short-help")
steps("stop_several", AB, "@a RUNNING", "@b RUNNING", "~stop b a", "status")
steps("stop_several_one_unknown", AB, "@a RUNNING", "@b RUNNING", "~stop a x b")
steps("stop_all_of_one", A, "@a RUNNING", "stop all", "status")
steps("stop_all_when_nothing_runs", idle("a") + idle("b"), "stop all")
steps("stop_a_group", GROUP, "@g:a RUNNING", "@g:b RUNNING", "@c RUNNING", "~stop g:a g:b", "status")
steps("stop_a_member", GROUP, "@g:a RUNNING", "@g:b RUNNING", "@c RUNNING", "stop g:b", "status g:*")
steps("stop_an_ended_one", shell("a", "exit 0", "startsecs=0"), "@a EXITED", "stop a", "status a")
steps("stop_a_fatal_one", shell("a", "exit 1", "startretries=0"), "@a FATAL", "stop a")
steps("stop_while_starting", sleeper("a", "startsecs=600").replace("startsecs=0\n", "", 1),
      "@a STARTING", "stop a", "status a")


@scenario()
def stop_all_of_several(site):
    site.run(AB, "a", "b")
    result = site.ctl("stop all", record=False)
    # They stop at the same time, so either may be the first.
    site.note("lines", sorted(result.output.splitlines()))
    site.note("status", result.status)


@scenario()
def stop_a_whole_group(site):
    site.configure(GROUP)
    site.start()
    for name in ("g:a", "g:b", "c"):
        site.wait(name, "RUNNING")
    result = site.ctl("stop g:*", record=False)
    site.note("lines", sorted(result.output.splitlines()))
    site.note("status", result.status)
    site.ctl("status c")


@scenario()
def stop_what_ignores_the_signal(site):
    pid = run_deaf(site, "stopwaitsecs=1", "killasgroup=true")
    site.ctl("stop deaf")
    site.note("lives", alive(pid))
    log = site.wait_text("main.log", "stopped: deaf").decode()
    site.note("killed", "killing 'deaf' (%d) with SIGKILL" % pid in log)
    site.note("ended", [line.split("stopped: ")[1] for line in log.splitlines() if "stopped: " in line])


@scenario()
def stop_with_another_signal(site):
    script = 'trap "echo usr1; exit 0" USR1; echo set; while :; do sleep 0.1; done'
    site.configure(shell("a", script, "stopsignal=USR1", "startsecs=0",
                         "stdout_logfile=%s/a.log" % site.dir))
    site.start()
    site.wait_text("a.log", "set")
    site.wait("a", "RUNNING")
    site.ctl("stop a")
    site.note("output", site.wait_text("a.log", "usr1"))


@scenario()
def stop_of_the_group(site):
    """With stopasgroup the children of the program go as well."""
    script = "sleep 601 & echo $!; wait"
    site.configure(shell("a", script, "stopasgroup=true", "startsecs=0",
                         "stdout_logfile=%s/a.log" % site.dir))
    site.start()
    child = int(site.wait_text("a.log", "\n").split()[0])
    site.wait("a", "RUNNING")
    site.ctl("stop a")
    eventually(lambda: not alive(child), "the child has ended")
    site.note("the child lives", alive(child))


@scenario()
def stop_of_the_program_alone(site):
    """Without stopasgroup the children of the program live on."""
    script = "sleep 602 & echo $!; wait"
    site.configure(shell("a", script, "startsecs=0", "stdout_logfile=%s/a.log" % site.dir))
    site.start()
    child = int(site.wait_text("a.log", "\n").split()[0])
    site.wait("a", "RUNNING")
    site.ctl("stop a")
    site.note("the child lives", alive(child))


@scenario()
def kill_of_the_group(site):
    """With killasgroup alone only SIGKILL reaches the children."""
    script = 'trap "" TERM; sleep 603 & echo $!; while :; do wait; sleep 0.1; done'
    site.configure(shell("a", script, "killasgroup=true", "stopwaitsecs=1", "startsecs=0",
                         "stdout_logfile=%s/a.log" % site.dir))
    site.start()
    child = int(site.wait_text("a.log", "\n").split()[0])
    site.wait("a", "RUNNING")
    site.ctl("stop a")
    eventually(lambda: not alive(child), "the child has ended")
    site.note("the child lives", alive(child))


@scenario()
def stop_in_backoff_is_at_once(site):
    site.configure(shell("a", "exit 1", "startretries=1000"))
    site.start()
    # Late enough that the next attempt is some seconds away.
    site.wait_text("main.log", "exit status 1")
    eventually(lambda: site.read("main.log").count(b"exit status 1") >= 3, "three failures")
    site.wait("a", "BACKOFF")
    site.ctl("stop a")
    site.ctl("status a")
