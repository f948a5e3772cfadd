# SPDX-License-Identifier: Apache-2.0
"""Programs that are given a socket: [fcgi-program:x]."""

import os
import socket
import stat
import xmlrpc.client

from catalogue import scenario, sleeper

SAY = "stat -L -c %F /proc/self/fd/0\necho end\nexec sleep 600\n"


def program(site, name, *keys, at=None):
    """A program with a socket that says what its standard input is."""
    site.script("say.sh", SAY)
    return ("[fcgi-program:%s]\ncommand=%s/say.sh\nsocket=%s\nstartsecs=0\nstdout_logfile=%s/%s.log\n" % (
        name, site.dir, at or "unix://%s/%s.sock" % (site.dir, name), site.dir, name)
        + "".join(key + "\n" for key in keys))


def is_let_in(family, address):
    """Whether a client may wait there to be served."""
    with socket.socket(family) as client:
        try:
            client.connect(address)
            return True
        except OSError:
            return False


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def link(pid, number=0):
    return os.readlink("/proc/%d/fd/%d" % (pid, number))


@scenario()
def a_socket_is_standard_input(site):
    site.configure(program(site, "a", "socket_mode=0770", "socket_backlog=7"))
    site.start()
    site.note("says", site.wait_text("a.log", "end\n"))
    site.note("mode", "%o" % stat.S_IMODE(os.stat(site.path("a.sock")).st_mode))
    site.note("lets in", is_let_in(socket.AF_UNIX, site.path("a.sock")))
    site.ctl("status")
    server = site.rpc().supervisor
    try:
        server.sendProcessStdin("a", "text")
    except xmlrpc.client.Fault as fault:
        site.note("input", fault.faultCode)
    for info in server.getAllConfigInfo():
        # Other scenarios compare these.
        for key in ("autorestart", "startretries", "stderr_logfile"):
            info.pop(key, None)
        site.note("configuration", sorted(info.items()))


@scenario()
def a_socket_has_its_own_mode(site):
    site.configure(program(site, "a"))
    site.start()
    site.wait_text("a.log", "end\n")
    site.note("mode", "%o" % stat.S_IMODE(os.stat(site.path("a.sock")).st_mode))


@scenario()
def a_socket_may_be_a_port(site):
    port = free_port()
    site.configure(program(site, "a", at="tcp://127.0.0.1:%d" % port))
    site.start()
    site.note("says", site.wait_text("a.log", "end\n"))
    site.note("lets in", is_let_in(socket.AF_INET, ("127.0.0.1", port)))
    site.ctl("stop a")
    site.note("lets in", is_let_in(socket.AF_INET, ("127.0.0.1", port)))
    site.ctl("start a")
    site.note("lets in", is_let_in(socket.AF_INET, ("127.0.0.1", port)))


@scenario()
def a_socket_stays_while_one_process_runs(site):
    site.run(program(site, "a", "numprocs=2", "process_name=%(process_num)d"), "a:0", "a:1")
    before = link(site.pid("a:0"))
    site.note("one for both", before == link(site.pid("a:1")))
    site.ctl("restart a:0")
    site.wait("a:0", "RUNNING")
    site.note("the same", before == link(site.pid("a:0")))
    site.note("lets in", is_let_in(socket.AF_UNIX, site.path("a.sock")))


@scenario(differs="sockets-go-with-their-programs")
def a_socket_goes_with_the_last_process(site):
    site.run(program(site, "a"), "a")
    site.ctl("stop a")
    site.note("lets in", is_let_in(socket.AF_UNIX, site.path("a.sock")))
    site.note("there is a file", os.path.exists(site.path("a.sock")))


@scenario(differs="sockets-stay-over-a-restart")
def a_socket_stays_over_a_restart(site):
    site.run(program(site, "a"), "a")
    waiting = socket.socket(socket.AF_UNIX)
    waiting.connect(site.path("a.sock"))
    site.ctl("restart a")
    site.wait("a", "RUNNING")
    try:
        waiting.sendall(b"still there?")
        site.note("a client waits", True)
    except OSError:
        site.note("a client waits", False)
    waiting.close()


@scenario(differs="only-a-dead-socket-makes-way")
def a_file_is_in_the_place_of_a_socket(site):
    site.write("a.sock", "precious")
    site.configure(program(site, "a"))
    site.start()
    site.wait("a", "RUNNING", "BACKOFF")
    site.note("the file is gone", not os.path.isfile(site.path("a.sock")))


@scenario(differs="sockets-also-in-groups")
def fact_10_a_socket_in_a_group(site):
    """A program that is to be given a socket, in a group with one that is not."""
    site.configure(program(site, "a") + sleeper("b") + "[group:g]\nprograms=a,b\n")
    site.start()
    site.note("says", site.wait_text("a.log", "end\n"))
    site.note("lets in", is_let_in(socket.AF_UNIX, site.path("a.sock")))
