# SPDX-License-Identifier: Apache-2.0
"""What the clients do with words that they do not know, with their shell and without a daemon."""

import os
import threading

from catalogue import idle, scenario, sleeper, steps

A = idle("a")

steps("unknown_word", A, "frobnicate", "frobnicate a b")
steps("unknown_word_in_help", A, "help frobnicate")
steps("version", A, "version", differs="version")
steps("version_with_words", A, "version x", differs="short-help")
steps("avail_with_words", A, "avail x", differs="short-help")
steps("reread_with_words", A, "reread x", differs="short-help")
steps("shutdown_with_words", A, "shutdown x", "status a", differs="short-help")
steps("reload_with_words", A, "reload x", "status a", differs="short-help")
steps("words_in_one_argument", A, "start a")


def without_daemon(name, line, differs=()):
    """A command where there is no socket."""
    def run(site):
        site.configure(A)
        site.ctl(line)
    run.__name__ = name
    scenario(differs)(run)


for verb in ("status", "start a", "stop a", "restart a", "signal HUP a", "pid", "version", "clear a",
             "tail a", "maintail"):
    without_daemon("no_socket_" + verb.split()[0], verb)
without_daemon("no_socket_reread", "reread", differs="no-traceback")
without_daemon("no_socket_update", "update", differs="no-traceback")
without_daemon("no_socket_avail", "avail", differs="no-traceback")
without_daemon("no_socket_shutdown", "shutdown")
without_daemon("no_socket_reload", "reload", differs="no-traceback")


@scenario()
def stale_socket(site):
    """A socket on which nobody listens any more."""
    import socket
    site.configure(A)
    server = socket.socket(socket.AF_UNIX)
    server.bind(site.path("s.sock"))
    server.close()
    site.ctl("status")
    site.ctl("start a")
    site.ctl("pid")
    site.ctl("shutdown")


@scenario(differs="shell-prompt")
def shell_of_the_client(site):
    site.run(sleeper("a"), "a")
    result = site.ctl([], record=False, input="status a\nstop a\nexit\n")
    site.note("output", result.output)
    site.note("status", result.status)


@scenario()
def shell_ends_with_zero(site):
    site.run(sleeper("a"), "a")
    result = site.ctl([], record=False, input="status x\nstop x\nquit\n")
    site.note("status", result.status)
    site.note("complaints", [line.removeprefix("supervisor> ") for line in result.output.splitlines()
                             if "ERROR" in line])


ACTIONS = ("add avail clear exit fg maintail open pid quit reload remove reread restart shutdown signal "
           "start status stop tail update version").split()


@scenario()
def help_names_every_action(site):
    site.configure(A)
    site.start()
    words = site.ctl("help", record=False).output.split()
    site.note("known", " ".join(name for name in ACTIONS if name in words))


@scenario()
def help_of_each_action(site):
    """Its words are swisord's own, but there are some."""
    site.configure(A)
    site.start()
    for name in ACTIONS:
        result = site.ctl("help " + name, record=False)
        site.note(name, "%d %s" % (result.status, result.output.split()[0]))


steps("fg_with_no_name", A, "fg", differs="short-help")
steps("fg_with_two_names", A, "fg a b")
steps("fg_of_an_unknown_one", A, "fg x")
steps("fg_of_a_stopped_one", A, "fg a")
steps("open_with_a_bad_url", A, "open nonsense")
steps("open_without_a_url", A, "open")


@scenario()
def open_another(site):
    site.run(sleeper("a"), "a")
    site.ctl("open unix://%s/s.sock" % site.dir)


@scenario()
def fg_of_one_that_runs(site):
    site.run("[program:a]\ncommand=/bin/cat\nstartsecs=0\nstdout_logfile=%s/a.log\n" % site.dir, "a")
    result = site.ctl(["fg", "a"], record=False, input="hello\n", patience=10)
    site.note("the program has read it", site.wait_text("a.log", "hello"))
    site.note("first line", result.output.splitlines()[0])


@scenario()
def fg_of_one_that_was_stopped(site):
    """The second line is typed when the program has stopped."""
    site.run("[program:a]\ncommand=/bin/cat\nstartsecs=0\nstdout_logfile=%s/a.log\n" % site.dir, "a")
    reader, writer = os.pipe()

    def typing():
        site.wait_text("a.log", "hello")
        site.rpc().supervisor.stopProcess("a")
        os.write(writer, b"more\n")

    os.write(writer, b"hello\n")
    typist = threading.Thread(target=typing)
    typist.start()
    output = site.follow("fg a", b"Exiting foreground", stdin=reader)
    typist.join()
    os.close(reader)
    os.close(writer)
    site.note("says", [line for line in output.decode("utf-8", "replace").splitlines() if line in
                       ("Process got killed", "Exiting foreground")])


GROUP = sleeper("a") + sleeper("b") + sleeper("c") + "[group:g]\nprograms=a,b\n"
UP = ("@g:a RUNNING", "@g:b RUNNING", "@c RUNNING")

steps("group_in_clear", GROUP, *UP, "clear g:*", differs="groups-in-all-commands")
steps("group_in_tail", GROUP, *UP, "tail g:*")
steps("group_in_fg", GROUP, *UP, "fg g:*")
steps("group_in_add", GROUP, *UP, "add g:*")
steps("group_in_remove", GROUP, *UP, "remove g:*")
steps("group_in_update", GROUP, *UP, "update g:*", "update g")
steps("member_by_its_name_alone", GROUP, *UP, "status a", "stop a", "start a", "pid a", "tail a",
      "clear a", "signal CONT a")
steps("all_beside_others", GROUP, *UP, "~stop c all", "~start all x", "~signal CONT x all")
steps("all_in_others", GROUP, *UP, "tail all", "fg all", "add all", "remove all", "avail all",
      differs="short-help")
steps("words_of_quotes", GROUP, *UP, 'status "c"', "status 'g:a'")
steps("blanks_between_words", GROUP, *UP, "status  c", "stop c ", "start  c")
steps("one_name_twice", GROUP, *UP, "status c c", "stop c c", "start c c", "pid x x", "restart c c",
      differs="a-name-counts-once")
steps("name_of_the_whole", GROUP, *UP, "status c:c", "stop c:c", "start c:c", "status c:*", "stop c:")
steps("signals_of_no_sense", GROUP, *UP, "signal 999 c", "signal -1 c", "signal USR1,USR2 c",
      "signal 64 c")
steps("signal_0", GROUP, *UP, "signal 0 c", differs="0-is-no-signal")


@scenario(differs="groups-in-all-commands")
def group_in_pid(site):
    site.run(GROUP, "g:a", "g:b")
    result = site.ctl("pid g:*", record=False)
    site.note("status", result.status)
    site.note("pids", sum(line.isdigit() for line in result.output.splitlines()))
