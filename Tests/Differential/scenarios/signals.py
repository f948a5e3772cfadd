# SPDX-License-Identifier: Apache-2.0
"""signal and clear."""

import os
import shutil

from catalogue import idle, scenario, shell, sleeper, steps

AB = sleeper("a") + idle("b")
GROUP = sleeper("a") + sleeper("b") + idle("c") + "[group:g]\nprograms=a,b\n"

steps("signal_with_a_bad_name", AB, "@a RUNNING", "signal NOSUCH a")
steps("signal_one_that_is_stopped", AB, "@a RUNNING", "signal HUP b")
steps("signal_an_unknown_one", AB, "@a RUNNING", "signal HUP x")
steps("signal_an_unknown_group", AB, "@a RUNNING", "signal HUP x:*")
steps("signal_with_no_name", AB, "@a RUNNING", "signal HUP", differs="short-help")
steps("signal_with_nothing", AB, "@a RUNNING", "signal", differs="short-help")
steps("signal_a_group", GROUP, "@g:a RUNNING", "@g:b RUNNING", "signal CONT g:*")
steps("signal_all", AB, "@a RUNNING", "signal CONT all")
steps("signal_several", GROUP, "@g:a RUNNING", "@g:b RUNNING", "signal CONT g:b g:a c")
steps("signal_with_its_prefix", AB, "@a RUNNING", "signal SIGCONT a")
steps("signal_in_small_letters", AB, "@a RUNNING", "signal cont a")
steps("signal_by_number", AB, "@a RUNNING", "signal 18 a")
steps("signal_an_ended_one", shell("a", "exit 0", "startsecs=0"), "@a EXITED", "signal HUP a")


@scenario()
def signal_reaches_the_program(site):
    script = 'trap "echo hup" HUP; echo set; while :; do sleep 0.1; done'
    site.configure(shell("a", script, "startsecs=0", "stdout_logfile=%s/a.log" % site.dir))
    site.start()
    site.wait_text("a.log", "set")
    site.wait("a", "RUNNING")
    site.ctl("signal HUP a")
    site.note("output", site.wait_text("a.log", "hup"))


@scenario()
def signal_as_one_argument(site):
    """As Ansible writes it."""
    site.run(AB, "a")
    site.ctl(["signal CONT", "a"])


steps("clear_one", AB, "@a RUNNING", "clear a")
steps("clear_a_stopped_one", AB, "@a RUNNING", "clear b")
steps("clear_an_unknown_one", AB, "@a RUNNING", "clear x")
steps("clear_nothing", AB, "@a RUNNING", "clear", differs="short-help")
steps("clear_a_member", GROUP, "@g:a RUNNING", "clear g:a")
steps("clear_two", GROUP, "@g:a RUNNING", "@g:b RUNNING", "clear g:b g:a")


@scenario()
def clear_empties_the_log(site):
    site.configure(shell("a", "echo before; exec sleep 600", "startsecs=0",
                         "stdout_logfile=%s/a.log" % site.dir))
    site.start()
    site.wait_text("a.log", "before")
    site.wait("a", "RUNNING")
    site.ctl("clear a")
    site.note("log", site.read("a.log"))
    site.ctl("tail a")


@scenario()
def clear_all(site):
    site.run(sleeper("a") + sleeper("b"), "a", "b")
    result = site.ctl("clear all", record=False)
    site.note("lines", sorted(result.output.splitlines()))
    site.note("status", result.status)


@scenario()
def clear_where_the_folder_is_gone(site):
    os.mkdir(site.path("sub"))
    site.run(sleeper("a", "stdout_logfile=%s/sub/a.log" % site.dir,
                     "stderr_logfile=%s/sub/a.err" % site.dir), "a")
    shutil.rmtree(site.path("sub"))
    site.ctl("clear a")
    site.ctl("clear all")
