# SPDX-License-Identifier: Apache-2.0
"""The events that listeners.py and output.py do not show: each type is told by one of the three."""

import re
import sys

from catalogue import idle, scenario, shell
from harness import eventually
from .listeners import STATES, hears, last, listener, told

REMOTE = "REMOTE_COMMUNICATION"


def stop_in_backoff(site):
    """Late enough that the next attempt is some seconds away."""
    eventually(lambda: site.read("main.log").count(b"exit status 3") >= 3, "three failures")
    site.wait("a", "BACKOFF")
    site.ctl("stop a", record=False)


hears("events_of_a_stop_in_backoff", STATES,
      shell("a", "exit 3", "startsecs=5", "startretries=1000", "autostart=false"), "start a",
      stop_in_backoff, "@PROCESS_STATE_STOPPED", last)
hears("events_of_a_stop_while_starting", STATES, idle("a", "startsecs=600").replace("startsecs=0\n", "", 1),
      lambda site: site.rpc().supervisor.startProcess("a", False), "@PROCESS_STATE_STARTING ver: processname:a",
      "stop a", "@PROCESS_STATE_STOPPED", last)
hears("events_of_a_restart", STATES, idle("a"), "start a", "@PROCESS_STATE_RUNNING ver: processname:a",
      "restart a", "@PROCESS_STATE_STOPPED", last)
hears("events_of_an_exit_that_is_restarted", STATES,
      shell("a", "[ -e {dir}/once ] && exec sleep 600; touch {dir}/once; sleep 2; exit 3", "autostart=false"),
      "start a", "@PROCESS_STATE_EXITED", lambda site: site.wait("a", "RUNNING"), last)
hears("events_of_what_cannot_be_entered", STATES,
      "[program:a]\ncommand=/bin/sleep 600\ndirectory=/no/such\nstartsecs=5\nstartretries=1\nautostart=false\n", "start a",
      "@PROCESS_STATE_FATAL", last)
hears("events_of_a_name_in_small_letters", "process_state_running,remote_communication", idle("a"),
      "start a", "@PROCESS_STATE_RUNNING ver: processname:a", last)
hears("events_of_two_kinds_one_of_which_covers_the_other", "PROCESS_STATE,PROCESS_STATE_RUNNING," + REMOTE,
      idle("a"), "start a", "@PROCESS_STATE_RUNNING ver: processname:a", last, differs="an-event-is-told-once")
hears("events_of_a_group_that_is_new", "PROCESS_GROUP," + REMOTE, idle("a"),
      lambda site: site.configure(site.body + idle("b")), "update", "@groupname:b", last)
hears("events_of_a_group_that_is_gone", "PROCESS_GROUP," + REMOTE, idle("a") + idle("b"),
      lambda site: site.configure(site.body.replace(idle("b"), "")), "update", "@PROCESS_GROUP_REMOVED", last)
hears("events_of_a_state_that_swisord_does_not_have", "PROCESS_STATE_UNKNOWN," + REMOTE, idle("a"), "start a",
      last)


@scenario()
def events_of_the_daemon(site):
    """That it runs, and that it stops: the listener is the last to be stopped."""
    site.run(listener(site, "one", "SUPERVISOR_STATE_CHANGE"), "one")
    site.wait_text("one.told", "SUPERVISOR_STATE_CHANGE_RUNNING")
    site.ctl("shutdown")
    site.note("status", site.wait_exit())
    site.note("told", site.read("one.told"))


@scenario()
def events_of_the_clock(site):
    """Every five seconds, at a multiple of five; those of a minute and an hour are too rare to wait for."""
    site.run(listener(site, "one", "TICK"), "one")
    eventually(lambda: "TICK_5" in told(site, "one"), "the next")
    line = [line.decode() for line in site.read("one.told").splitlines() if line.startswith(b"TICK_5 ")][0]
    site.note("told", re.sub(r"\d+$", "N", line))
    site.note("is a multiple", int(line.rsplit(":", 1)[1]) % 5 == 0)


@scenario()
def events_of_everything(site):
    """EVENT stands for all types, of which one that is rare is not waited for."""
    site.run(listener(site, "one", "EVENT") + shell(
        "a", "echo text; echo \"<!--XSUPERVISOR:BEGIN-->said<!--XSUPERVISOR:END-->\"; exec sleep 600",
        "autostart=false", "startsecs=0", "stdout_events_enabled=true", "stdout_capture_maxbytes=1KB"), "one")
    site.ctl("start a", record=False)
    site.wait_text("one.told", "PROCESS_COMMUNICATION_STDOUT")
    site.ctl("stop a", record=False)
    site.ctl("remove a", record=False)
    site.wait_text("one.told", "PROCESS_GROUP_REMOVED")
    last(site)
    seen = {name for name in told(site, "one") if not name.startswith("TICK")}
    site.note("told", " ".join(sorted(seen - {"PROCESS_GROUP_ADDED", "SUPERVISOR_STATE_CHANGE_RUNNING"})))


# Counts what it gets, and answers each with one of the words it was given; then it says OK.
PROTOCOL = """import os, sys
out = open(sys.argv[1], "ab", 0)
answers = {answers}
while True:
    os.write(1, b"READY\\n")
    header = sys.stdin.buffer.readline()
    if not header:
        break
    words = dict(word.split(b":", 1) for word in header.split() if b":" in word)
    payload = sys.stdin.buffer.read(int(words[b"len"]))
    out.write(b" ".join((words[b"eventname"], words[b"poolserial"], payload.replace(b"\\n", b" "))) + b"\\n")
    for piece in answers.pop(0) if answers else [b"RESULT 2\\nOK"]:
        os.write(1, piece)
"""


def protocol(name, *answers, count=2, differs=()):
    """What a listener is told that answers its first events in these ways."""
    def run(site):
        site.write("one.py", PROTOCOL.replace("{answers}", repr(list(answers))))
        site.run("[eventlistener:one]\ncommand=%s -u %s/one.py %s/one.told\nevents=%s\nstartsecs=0\n"
                 % (sys.executable, site.dir, site.dir, REMOTE), "one")
        for text in ("first", "second"):
            site.rpc().supervisor.sendRemoteCommEvent(text, "")
        eventually(lambda: site.read("one.told").count(b"\n") >= count, "%d events" % count)
        site.note("told", site.read("one.told"))
    run.__name__ = name
    # On a slow machine the first may be told again before there is a second.
    scenario(differs, sometimes=True)(run)


protocol("listener_that_takes_everything")
protocol("listener_that_refuses_once", [b"RESULT 4\nFAIL"], count=3, differs="a-refused-event-waits")
protocol("listener_that_answers_in_pieces", [b"RESU", b"LT 2", b"\nO", b"K"])
protocol("listener_whose_answer_is_nothing", [b"RESULT 0\n"], count=3, differs="a-refused-event-waits")
protocol("listener_that_answers_with_other_words", [b"RESULT 7\nunknown"], count=3,
         differs="a-refused-event-waits")


@scenario()
def listener_that_shares_with_another(site):
    """Two processes of one pool: each event is told to one of them."""
    text = listener(site, "one", REMOTE).replace("one.told", "%(process_num)d.told")
    site.run(text + "numprocs=2\nprocess_name=one%(process_num)d\n", "one:one0", "one:one1")
    for number in range(6):
        site.rpc().supervisor.sendRemoteCommEvent("number %d" % number, "")

    def lines():
        return sorted(site.read("0.told").splitlines() + site.read("1.told").splitlines())

    eventually(lambda: len(lines()) >= 6, "all are told")
    site.note("told", b"\n".join(lines()))


@scenario(differs="listeners-take-turns", sometimes=True)
def listener_that_takes_turns(site):
    """One event after the other, each of which either of the two could take."""
    text = listener(site, "one", REMOTE).replace("one.told", "%(process_num)d.told")
    site.run(text + "numprocs=2\nprocess_name=one%(process_num)d\n", "one:one0", "one:one1")
    for number in range(8):
        site.rpc().supervisor.sendRemoteCommEvent("number %d" % number, "")
        eventually(lambda: len(site.read("0.told") + site.read("1.told")) > 0 and (
            site.read("0.told") + site.read("1.told")).count(b"\n") > number, "it is told")
    site.note("both have some", all(site.read(name) for name in ("0.told", "1.told")))


@scenario(differs="listeners-find-back")
def listener_that_says_something_else(site):
    """Two pools; what one of them writes first is no part of the protocol."""
    site.run(listener(site, "odd", REMOTE) + listener(site, "good", REMOTE), "odd", "good")
    site.write("odd.py", "import os\nos.write(1, b'hello, world\\n')\n" + site.read("odd.py").decode())
    site.ctl("restart odd", record=False)
    site.wait("odd", "RUNNING")
    last(site, "good")
    if site.name == "swisord":
        site.wait_text("odd.told", "type:last")
    site.note("is told", b"type:last" in site.read("odd.told"))


@scenario()
def listener_whose_buffer_is_full(site):
    """The newest are kept while it is not ready."""
    text = listener(site, "one", REMOTE, "while not os.path.exists(sys.argv[1] + '.go'): time.sleep(0.05)")
    site.run(text + "buffer_size=3\n", "one")
    for number in range(8):
        site.rpc().supervisor.sendRemoteCommEvent("number %d" % number, "")
    site.write("one.told.go", "")
    site.note("told", site.wait_text("one.told", "number 7"))


def listener_file(name, *keys, differs=()):
    """A listener with keys that are wrong for it: the daemon does not start."""
    def run(site):
        site.write("supervisord.conf", "[supervisord]\n[eventlistener:l]\ncommand=/bin/cat\n"
                   + "".join("%s=%s\n" % key for key in keys))
        site.write("supervisor.yaml", "event_listeners:\n  l:\n    command: /bin/cat\n"
                   + "".join("    %s: %s\n" % key for key in keys))
        site.exit_status = None
        site.launch("-n")
        site.note("status", site.wait_exit())
    run.__name__ = name
    scenario(differs)(run)


listener_file("listener_without_events")
listener_file("listener_of_an_unknown_event", ("events", "NO_SUCH_EVENT"))
listener_file("listener_without_a_buffer", ("events", "TICK"), ("buffer_size", "0"))
listener_file("listener_with_its_errors_in_the_protocol", ("events", "TICK"), ("redirect_stderr", "true"))
