# SPDX-License-Identifier: Apache-2.0
"""tail and maintail."""

import os

from catalogue import idle, scenario, shell, sleeper, steps

SAYS = shell("a", "echo one; echo two; echo three; echo error >&2; exec sleep 600", "startsecs=0",
             "stdout_logfile={dir}/a.log", "stderr_logfile={dir}/a.err")


def said(name, *lines, differs=()):
    """Commands on a program that has said three lines."""
    def run(site):
        site.configure(SAYS.replace("{dir}", site.dir) + idle("b", "stdout_logfile=NONE"))
        site.start()
        site.wait_text("a.log", "three")
        site.wait_text("a.err", "error")
        site.wait("a", "RUNNING")
        for line in lines:
            site.ctl(line)
    run.__name__ = name
    scenario(differs)(run)


said("tail_one", "tail a")
said("tail_of_stdout", "tail a stdout")
said("tail_of_stderr", "tail a stderr")
said("tail_of_some_bytes", "tail -6 a")
said("tail_of_more_bytes_than_there_are", "tail -10000 a")
said("tail_of_an_unknown_channel", "tail a nowhere")
said("tail_with_a_bad_option", "tail -x a")
said("tail_with_too_few_words", "tail", differs="short-help")
said("tail_with_too_many_words", "tail -5 a stdout more", differs="short-help")
said("tail_of_an_unknown_one", "tail x")
said("tail_of_an_unknown_member", "tail x:y")
said("tail_where_no_log_is_kept", "tail b")
said("maintail_with_a_bad_option", "maintail -x")
said("maintail_with_too_many_words", "maintail -5 x", differs="short-help")


@scenario()
def tail_of_redirected_stderr(site):
    site.configure(shell("a", "echo out; echo err >&2; exec sleep 600", "redirect_stderr=true",
                         "startsecs=0", "stdout_logfile=%s/a.log" % site.dir))
    site.start()
    site.wait_text("a.log", "err")
    site.wait("a", "RUNNING")
    site.ctl("tail a")
    site.ctl("tail a stderr")


@scenario(differs="log-of-what-never-ran")
def tail_of_what_never_started(site):
    site.configure(idle("a", "stdout_logfile=%s/none.log" % site.dir))
    site.start()
    site.ctl("tail a")


@scenario()
def tail_follows(site):
    site.configure(SAYS.replace("{dir}", site.dir))
    site.start()
    site.wait_text("a.log", "three")
    site.wait("a", "RUNNING")
    site.note("seen", site.follow("tail -f a", b"three\n"))


@scenario()
def tail_follows_what_comes_later(site):
    script = "echo first; while [ ! -e {dir}/go ]; do sleep 0.1; done; echo second; exec sleep 600"
    site.configure(shell("a", script.replace("{dir}", site.dir), "startsecs=0",
                         "stdout_logfile=%s/a.log" % site.dir))
    site.start()
    site.wait_text("a.log", "first")
    site.wait("a", "RUNNING")
    site.write("go", "")
    site.note("seen", site.follow("tail -f a", b"second\n"))


@scenario()
def tail_follows_stderr(site):
    site.configure(SAYS.replace("{dir}", site.dir))
    site.start()
    site.wait_text("a.err", "error")
    site.wait("a", "RUNNING")
    site.note("seen", site.follow("tail -f a stderr", b"error\n"))


@scenario()
def maintail_ends_with_the_last_line(site):
    site.run(sleeper("a"), "a")
    site.wait_text("main.log", "a entered RUNNING")
    result = site.ctl("maintail", record=False)
    site.note("last line", result.output.splitlines()[-1])
    site.note("status", result.status)


@scenario()
def maintail_of_some_bytes(site):
    site.run(sleeper("a"), "a")
    site.wait_text("main.log", "a entered RUNNING")
    site.ctl("maintail -12")


@scenario()
def maintail_follows(site):
    site.run(sleeper("a"), "a")
    site.wait_text("main.log", "a entered RUNNING")
    seen = site.follow("maintail -f", b"a entered RUNNING")
    site.note("first line", seen.splitlines()[0])
    site.note("last line", seen.splitlines()[-1])


steps("tail_follows_an_unknown_one", idle("a"), "tail -f x")
steps("tail_follows_two", idle("a"), "tail -f a stdout more", differs="short-help")
steps("tail_follows_an_unknown_channel", idle("a"), "tail -f a nowhere")


def lost_log(name, put):
    """The file of a log is no longer at its path, and what is in its place is `put` there."""
    def run(site):
        site.configure(SAYS.replace("{dir}", site.dir))
        site.start()
        site.wait_text("a.log", "three")
        site.wait("a", "RUNNING")
        os.unlink(site.path("a.log"))
        put(site.path("a.log"))
        site.ctl("tail a")
    run.__name__ = name
    scenario("deleted-logs-are-shown")(run)


lost_log("tail_of_a_log_that_was_deleted", lambda path: None)
lost_log("tail_of_a_log_in_whose_place_is_a_folder", os.mkdir)


@scenario(differs="deleted-logs-are-shown")
def maintail_of_a_log_that_was_deleted(site):
    site.run(sleeper("a"), "a")
    site.wait_text("main.log", "a entered RUNNING")
    os.unlink(site.path("main.log"))
    result = site.ctl("maintail", record=False)
    site.note("status", result.status)
    site.note("last line", result.output.rstrip("\n").splitlines()[-1])
