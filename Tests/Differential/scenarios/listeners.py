# SPDX-License-Identifier: Apache-2.0
"""What event listeners are told, and the faults of supervisord that have to do with them."""

import re
import sys

from catalogue import idle, scenario, shell, sleeper
from harness import eventually

# A listener that writes the name of each event, and the rest of what it has read, to a file. It
# reads as many bytes as the header says, and takes its answer to the event from the function.
LISTENER = """import os, sys, time
out = open(sys.argv[1], "ab", 0)
def note(*words):
    out.write(b" ".join(words) + b"\\n")
def answer(name):
    return b"OK"
{answer}
while True:
    os.write(1, b"READY\\n")
    header = sys.stdin.buffer.readline()
    if not header:
        break
    words = dict(word.split(b":", 1) for word in header.split() if b":" in word)
    payload = sys.stdin.buffer.read(int(words[b"len"]))
    note(words[b"eventname"], header[:4], payload.replace(b"\\n", b" "))
    result = answer(words[b"eventname"])
    os.write(1, b"RESULT %d\\n" % len(result) + result)
"""


def listener(site, name, events, answer=""):
    """The section of a listener that writes down what it is told, as NAME.told."""
    site.write(name + ".py", LISTENER.replace("{answer}", answer))
    return ("[eventlistener:%s]\ncommand=%s -u %s/%s.py %s/%s.told\nevents=%s\nstartsecs=0\n"
            "autorestart=true\n" % (name, sys.executable, site.dir, name, site.dir, name, events))


def told(site, name):
    """The names of the events that a listener was told."""
    return [line.split()[0].decode() for line in site.read(name + ".told").splitlines()]


def ready(site, *names):
    """Waits until listeners run, and returns what tells them something."""
    server = site.rpc()
    for name in names:
        site.wait(name, "RUNNING")
    return server


def refusal_stays(name, answer):
    """The first event is refused by one pool; the other has asked for other events."""
    def run(site):
        site.configure(
            listener(site, "one", "REMOTE_COMMUNICATION", answer)
            + listener(site, "other", "PROCESS_STATE_STARTING") + idle("first") + idle("last"))
        site.start()
        server = ready(site, "one", "other")
        site.ctl("start first", record=False)
        site.wait_text("other.told", "processname:first")
        server.supervisor.sendRemoteCommEvent("kind", "text")
        eventually(lambda: len(told(site, "one")) >= 2, "the event is told again")
        # What has been told to the other before this was in its pool before this.
        site.ctl("start last", record=False)
        site.wait_text("other.told", "processname:last")
        site.note("the one", " ".join(told(site, "one")))
        site.note("the other was told", "REMOTE_COMMUNICATION" in told(site, "other"))
    run.__name__ = name
    scenario("refusals-stay-in-their-pool")(run)


refusal_stays("fact_6a_a_refusal_stays_in_its_pool", """
def answer(name, seen=[]):
    seen.append(name)
    return b"OK" if len(seen) > 1 else b"FAIL"
""")

refusal_stays("fact_6b_what_a_dead_listener_had_stays_in_its_pool", """
def answer(name):
    if not os.path.exists(sys.argv[1] + ".died"):
        open(sys.argv[1] + ".died", "w").close()
        os._exit(3)
    return b"OK"
""")


@scenario(differs="lengths-of-events-count-bytes")
def fact_7_a_listener_may_read_bytes(site):
    """Text that is not ASCII, told to a listener that counts bytes, and then another event."""
    site.configure(listener(site, "one", "REMOTE_COMMUNICATION"))
    site.start()
    server = ready(site, "one")
    server.supervisor.sendRemoteCommEvent("first", "\u00e4\u00f6\u00fc")
    server.supervisor.sendRemoteCommEvent("second", "plain")
    eventually(lambda: len(told(site, "one")) >= 2, "both are told")
    headers = [line.split()[1] for line in site.read("one.told").splitlines()]
    site.note("the headers begin with", b" ".join(headers))


@scenario(differs="a-listener-that-does-not-read")
def fact_5b_a_listener_that_does_not_read(site):
    """It answers each event as soon as it lies in its pipe, until nothing more goes in."""
    site.write("deaf.py", """import fcntl, os, struct, termios, time
os.write(1, b"READY\\n")
before = 0
while True:
    count = struct.unpack("i", fcntl.ioctl(0, termios.FIONREAD, b"0000"))[0]
    if count > before:
        before = count
        os.write(1, b"RESULT 2\\nOKREADY\\n")
    time.sleep(0.02)
""")
    site.configure("[eventlistener:deaf]\ncommand=%s %s/deaf.py\nevents=REMOTE_COMMUNICATION\n"
                   "startsecs=0\n" % (sys.executable, site.dir)
                   + listener(site, "good", "REMOTE_COMMUNICATION") + sleeper("a"))
    site.start()
    server = ready(site, "deaf", "good")
    site.wait("a", "RUNNING")
    try:
        for number in range(8):
            server.supervisor.sendRemoteCommEvent(str(number), "x" * 20000)
            eventually(lambda: len(told(site, "good")) > number or site.ended(), "it is told")
        if site.name == "supervisord":
            eventually(site.ended, "the daemon ends")
    except Exception:
        if site.name == "swisord":
            raise
        eventually(site.ended, "the daemon ends")
    site.note("the daemon lives", not site.ended())
    if not site.ended():
        site.ctl("status a")


def hears(name, events, body, *steps, differs=(), daemon=""):
    """What a listener is told of the other processes, byte by byte but for their pids.

    A step is a command, or `@TEXT` for something that is to be told before the next one, or a
    function of the site.
    """
    def run(site):
        site.run(listener(site, "one", events) + body, "one", daemon=daemon)
        for step in steps:
            if callable(step):
                step(site)
            elif step.startswith("@"):
                site.wait_text("one.told", step[1:])
            else:
                site.ctl(step, record=False)
        lines = site.read("one.told").decode().splitlines()
        site.note("told", "\n".join(re.sub(r"pid:[1-9]\d*", "pid:N", line) for line in lines
                                    if "processname:one " not in line and "groupname:one " not in line))
    run.__name__ = name
    scenario(differs)(run)


def last(site, name="one"):
    """An event that comes after all others."""
    site.rpc().supervisor.sendRemoteCommEvent("last", "")
    site.wait_text(name + ".told", "type:last")


STATES = "PROCESS_STATE,REMOTE_COMMUNICATION"

hears("events_of_a_start_and_a_stop", STATES, idle("a"), "start a", "@PROCESS_STATE_RUNNING ver: processname:a",
      "stop a", "@PROCESS_STATE_STOPPED", last)
hears("events_of_an_expected_exit", STATES, shell("a", "sleep 1; exit 0", "startsecs=0", "autostart=false"),
      "start a", "@PROCESS_STATE_EXITED", last)
hears("events_of_an_unexpected_exit", STATES,
      shell("a", "sleep 1; exit 3", "startsecs=0", "autostart=false", "autorestart=false"),
      "start a", "@PROCESS_STATE_EXITED", last)
hears("events_of_a_death_by_signal", STATES,
      shell("a", "sleep 1; kill -9 $$", "startsecs=0", "autostart=false", "autorestart=false"),
      "start a", "@PROCESS_STATE_EXITED", last)
hears("events_of_failures", STATES,
      shell("a", "exit 3", "startsecs=5", "startretries=2", "autostart=false"), "start a",
      "@PROCESS_STATE_FATAL", last)
hears("events_of_a_member", STATES, idle("a") + idle("b") + "[group:g]\nprograms=a,b\n", "start g:b",
      "@PROCESS_STATE_RUNNING ver: processname:b", "stop g:b", "@PROCESS_STATE_STOPPED", last)
hears("events_of_clients", STATES,
      idle("a"), lambda site: site.rpc().supervisor.sendRemoteCommEvent("a kind", "two\nlines: x"), last)
hears("events_of_groups", "PROCESS_GROUP,REMOTE_COMMUNICATION", idle("a"), "remove a",
      "@PROCESS_GROUP_REMOVED", "add a", "@PROCESS_GROUP_ADDED", last)
hears("events_of_one_kind", "PROCESS_STATE_STOPPING,REMOTE_COMMUNICATION", idle("a"), "start a", "stop a",
      "@PROCESS_STATE_STOPPING", last)
