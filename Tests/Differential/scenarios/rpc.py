# SPDX-License-Identifier: Apache-2.0
"""What each method of XML-RPC answers, with good and with bad words, in each state."""

import os
import signal
import xmlrpc.client

from catalogue import idle, run_deaf, scenario, shell, sleeper

# What no two daemons answer alike.
OWN = {"pid", "start", "stop", "now", "spawnerr"}


def plain(value, without=()):
    """A value without what differs from run to run, and without these members."""
    if isinstance(value, dict):
        return {key: "OWN" if key in OWN and item else plain(item, without)
                for key, item in sorted(value.items()) if key not in without}
    if isinstance(value, (list, tuple)):
        return [plain(item, without) for item in value]
    return value


def call(site, method, *words, without=()):
    """Calls a method and writes down the value or the fault."""
    call = site.rpc()
    for name in method.split("."):
        call = getattr(call, name)
    label = "%s%r" % (method, words)
    try:
        site.note(label, plain(call(*words), without))
    except xmlrpc.client.Fault as fault:
        site.note(label, "fault %d %s" % (fault.faultCode, fault.faultString))
    except xmlrpc.client.ProtocolError as error:
        site.note(label, "error %d" % error.errcode)


def calls(name, body, *lines, up=(), differs=(), without=()):
    """A scenario of calls, each a method and its words, all in the namespace of supervisord."""
    def run(site):
        site.run(body.replace("{dir}", site.dir), *up)
        for method, *words in lines:
            call(site, method if "." in method else "supervisor." + method, *words, without=without)
    run.__name__ = name
    scenario(differs)(run)


LOGS = ("stdout_logfile={dir}/%(program_name)s.log", "stderr_logfile={dir}/%(program_name)s.err")
A = sleeper("a", *LOGS)
MANY = A + sleeper("b", *LOGS) + idle("c", *LOGS) + "[group:g]\nprograms=a,b\n"

calls("rpc_of_the_daemon", A, ("getAPIVersion",), ("getVersion",), ("getIdentification",), ("getState",),
      ("getPID", 1), ("getState", "x"), ("noSuchMethod",), ("system.noSuchMethod",), ("nothing",), up="a")
calls("rpc_of_a_process", MANY, ("getProcessInfo", "g:a"), ("getProcessInfo", "c"), ("getProcessInfo", "c:c"),
      ("getProcessInfo", "x"), ("getProcessInfo", "g:x"), ("getProcessInfo", "g:*"), ("getProcessInfo", ""),
      ("getProcessInfo",), up=("g:a", "g:b"))
calls("rpc_of_all_processes", MANY, ("getAllProcessInfo",), up=("g:a", "g:b"))
calls("rpc_of_all_configurations", "[program:c]\ncommand=/bin/sleep 600\nexitcodes=0,2\nstopsignal=INT\n"
      "priority=5\nredirect_stderr=true\nstdout_logfile=NONE\ndirectory=/usr\nstopasgroup=true\n"
      "[program:d]\ncommand=/bin/sleep 600\nserverurl=http://localhost:9\nautorestart=true\n" + LOGS[0]
      + "\n" + LOGS[1] + "\n", ("getAllConfigInfo",), without=("autorestart",))
calls("rpc_of_what_configurations_do_not_tell", A, ("getAllConfigInfo",), up="a",
      differs="configurations-tell-autorestart", without=("startretries",))
calls("rpc_of_a_configuration_with_all_that_is_about_output", "[program:e]\ncommand=/bin/sleep 600\n"
      "stdout_logfile={dir}/e.log\nstdout_logfile_maxbytes=1MB\nstdout_logfile_backups=3\n"
      "stdout_capture_maxbytes=2KB\nstdout_events_enabled=true\nstderr_logfile={dir}/e.err\n"
      "stderr_logfile_maxbytes=0\nstderr_logfile_backups=0\nstderr_capture_maxbytes=3MB\n"
      "stderr_events_enabled=on\nstopwaitsecs=7\nstartretries=9\nkillasgroup=true\numask=022\nuser=root\n",
      ("getAllConfigInfo",), ("getAllProcessInfo",), up=("e",), without=("autorestart",))
calls("rpc_start", MANY, ("startProcess", "c"), ("startProcess", "c"), ("startProcess", "x"),
      ("startProcess", "x", False), ("startProcess", "g:x"), ("startProcess", "g:*"),
      ("startProcessGroup", "x"), ("startProcessGroup", "g"), ("startAllProcesses",), up=("g:a", "g:b"))
NOT_THERE = ("[program:n]\ncommand=/no/such\nautostart=false\n"
             "[program:p]\ncommand=/etc/passwd\nautostart=false\n")
calls("rpc_start_of_what_is_not_there", NOT_THERE, ("startProcess", "n"), ("startProcess", "p"),
      differs="words-of-faults")
calls("rpc_start_of_what_is_not_there_without_waiting", NOT_THERE, ("startProcess", "n", False),
      ("startProcess", "p", False), differs="words-of-faults")
calls("rpc_stop", MANY, ("stopProcess", "c"), ("stopProcess", "g:a"), ("stopProcess", "g:a"),
      ("stopProcess", "x"), ("stopProcess", "g:*"), ("stopProcessGroup", "x"), ("stopProcessGroup", "g"),
      ("stopAllProcesses",), up=("g:a", "g:b"))
calls("rpc_signal", MANY, ("signalProcess", "g:a", "CONT"), ("signalProcess", "g:a", "SIGCONT"),
      ("signalProcess", "g:a", 18), ("signalProcess", "g:a", "18"), ("signalProcess", "g:a", "NONE"),
      ("signalProcess", "c", "CONT"), ("signalProcess", "x", "CONT"), ("signalProcess", "g:*", "CONT"),
      ("signalProcessGroup", "g", "CONT"), ("signalProcessGroup", "g", "NONE"),
      ("signalProcessGroup", "x", "CONT"), ("signalAllProcesses", "CONT"), up=("g:a", "g:b"))
calls("rpc_groups", A + idle("c"), ("addProcessGroup", "a"), ("addProcessGroup", "x"),
      ("removeProcessGroup", "a"), ("removeProcessGroup", "x"), ("removeProcessGroup", "c"),
      ("removeProcessGroup", "c"), ("addProcessGroup", "c"), ("reloadConfig",), up="a")
calls("rpc_too_few_words", A, ("startProcess",), ("startProcess", "a", False, 1), ("stopProcess",),
      ("getPID", "x"), ("signalProcess", "a"), ("readProcessStdoutLog", "a"), ("sendProcessStdin", "a"),
      up="a")
calls("rpc_words_of_a_wrong_kind_for_text", A, ("sendProcessStdin", "a", 7), up="a", differs="words-of-faults")
calls("rpc_words_that_are_no_numbers", A, ("tailProcessStdoutLog", "a", "x", "y"), ("getProcessInfo", 7),
      up="a", differs="no-server-errors")
calls("rpc_of_the_system", A, ("system.methodHelp", "x"), ("system.methodSignature", "x"),
      ("system.methodSignature", "supervisor.startProcess"), ("system.multicall", []),
      ("system.multicall", [{"methodName": "supervisor.getAPIVersion", "params": []},
                            {"methodName": "supervisor.stopProcess", "params": ["x"]},
                            {"methodName": "system.multicall", "params": [[]]},
                            {"methodName": "no.such", "params": []}]), up="a")
calls("rpc_input", "[program:cat]\ncommand=/bin/cat\nstartsecs=0\n" + idle("c"),
      ("sendProcessStdin", "cat", "text\n"), ("sendProcessStdin", "c", "text"),
      ("sendProcessStdin", "x", "text"), ("sendRemoteCommEvent", "kind", "data"), up=("cat",))


@scenario()
def rpc_methods(site):
    site.run(A, "a")
    call(site, "system.listMethods")


@scenario()
def rpc_logs(site):
    site.configure(shell("a", "echo one; echo two; echo err >&2; exec sleep 600", "startsecs=0",
                         "stdout_logfile=%s/a.log" % site.dir, "stderr_logfile=%s/a.err" % site.dir)
                   + idle("n", "stdout_logfile=NONE"))
    site.start()
    site.wait_text("a.log", "two\n")
    site.wait_text("a.err", "err\n")
    site.wait("a", "RUNNING")
    for words in ((0, 0), (0, 3), (2, 4), (-4, 0), (-100, 0), (100, 0), (0, -1), (-4, 2)):
        call(site, "supervisor.readProcessStdoutLog", "a", *words)
    for words in ((0, 0), (0, 3), (2, 4), (0, 100), (8, 100), (100, 5)):
        call(site, "supervisor.tailProcessStdoutLog", "a", *words)
    call(site, "supervisor.readProcessStderrLog", "a", 0, 0)
    call(site, "supervisor.tailProcessStderrLog", "a", 0, 100)
    for method in ("readProcessStdoutLog", "tailProcessStdoutLog"):
        for name in ("n", "x"):
            call(site, "supervisor." + method, name, 0, 10)
    for name in ("a", "n", "x"):
        call(site, "supervisor.clearProcessLogs", name)
    call(site, "supervisor.readProcessStdoutLog", "a", 0, 0)
    call(site, "supervisor.clearAllProcessLogs")


def in_state(name, prepare, differs=()):
    """Methods that answer according to the state of a process; those that change it come last."""
    def run(site):
        process = prepare(site)
        info = site.rpc().supervisor.getProcessInfo(process)
        site.note("state", "%s %s" % (info["state"], info["statename"]))
        for method, *words in (("signalProcess", "CONT"), ("sendProcessStdin", "x"),
                               ("clearProcessLogs",), ("removeProcessGroup",)):
            call(site, "supervisor." + method, process, *words)
    run.__name__ = name
    scenario(differs)(run)


def exited(site):
    site.configure(shell("a", "exit 0", "startsecs=0"))
    site.start()
    site.wait("a", "EXITED")
    return "a"


def fatal(site):
    site.configure(shell("a", "exit 1", "startretries=0", "startsecs=5"))
    site.start()
    site.wait("a", "FATAL")
    return "a"


def starting(site):
    site.configure(idle("a", "startsecs=600"))
    site.start()
    site.rpc().supervisor.startProcess("a", False)
    site.wait("a", "STARTING")
    return "a"


def stopping(site):
    run_deaf(site)
    site.rpc().supervisor.stopProcess("deaf", False)
    site.wait("deaf", "STOPPING")
    return "deaf"


def stopped(site):
    site.run(idle("a"))
    return "a"


def running(site):
    site.run(A, "a")
    return "a"


for prepare in (exited, fatal, starting, stopped, running, stopping):
    in_state("rpc_in_state_" + prepare.__name__, prepare)


@scenario(differs="lists-until-the-end")
def rpc_while_shutting_down(site):
    pid = run_deaf(site)
    server = site.rpc()
    site.note("shutdown", server.supervisor.shutdown())
    site.wait_text("main.log", "waiting for deaf to")
    for method, *words in (("getState",), ("getPID",), ("getAllProcessInfo",), ("startProcess", "deaf"),
                           ("shutdown",), ("restart",), ("reloadConfig",), ("getAPIVersion",)):
        call(site, "supervisor." + method, *words)
    os.kill(pid, signal.SIGKILL)
    site.note("status", site.wait_exit())
