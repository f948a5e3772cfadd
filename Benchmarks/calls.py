# SPDX-License-Identifier: Apache-2.0
"""What clients that speak XML-RPC cost: Benchmarks/calls.py SWISORD SUPERVISORD

How long `getAllProcessInfo` takes with 1,000 programs, beside supervisord on the same machine, and
how soon a killed program's successor runs, with and without 20 clients that ask 200 times a
second. Python with supervisor in it, such as build/clients/bin/python.
"""

import http.client
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

COUNT = int(os.environ.get("COUNT", "1000"))
CALL = (
    "<?xml version='1.0'?><methodCall><methodName>supervisor.getAllProcessInfo</methodName>"
    "<params></params></methodCall>"
)


class Connection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost")
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.connect(self.path)

    def call(self, body=CALL):
        """The bytes of an answer: what a client makes of them is its own time."""
        self.request("POST", "/RPC2", body, {"Content-Type": "text/xml"})
        return self.getresponse().read()


def until_there(path, process):
    while True:
        if process.poll() is not None:
            sys.exit(f"it ended with {process.returncode}")
        try:
            if Connection(path).call().count(b"<string>RUNNING</string>") >= COUNT:
                return
        except OSError:
            pass
        time.sleep(0.2)


def milliseconds(path, rounds):
    connection = Connection(path)
    connection.call()
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        connection.call()
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times)


def swisord(home, program):
    with open(home + "/s.yaml", "w") as file:
        file.write(
            f"swisord: {{socket: {home}/s.sock, runtime_dir: {home}/run, state_dir: {home}/state,"
            f" logfile: {home}/log}}\nprograms:\n  idle:\n    command: sleep 1000000\n"
            f"    numprocs: {COUNT}\n    process_name: 'idle_%(process_num)04d'\n"
            "    startsecs: 0\n    stdout_logfile: NONE\n    stderr_logfile: NONE\n"
            f"  victim:\n    command: sh -c 'echo > {home}/fifo; exec sleep 1000000'\n"
            "    autorestart: true\n    stdout_logfile: NONE\n    stderr_logfile: NONE\n"
        )
    return [program, "-n", "-c", home + "/s.yaml"]


def supervisord(home, program):
    with open(home + "/s.conf", "w") as file:
        file.write(
            f"[unix_http_server]\nfile={home}/s.sock\n[supervisord]\nlogfile={home}/log\n"
            f"pidfile={home}/pid\nminfds=4096\n"
            "[rpcinterface:supervisor]\n"
            "supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n"
            f"[program:idle]\ncommand=sleep 1000000\nnumprocs={COUNT}\n"
            "process_name=idle_%(process_num)04d\nstartsecs=0\nstdout_logfile=NONE\n"
            "stderr_logfile=NONE\n"
        )
    return [program, "-n", "-c", home + "/s.conf"]


def running(make, program):
    home = tempfile.mkdtemp(prefix="swisord-calls-", dir="/tmp")
    os.mkfifo(home + "/fifo")
    # It stays open, so that the victim never waits.
    fifo = os.open(home + "/fifo", os.O_RDWR)
    process = subprocess.Popen(
        make(home, program), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    until_there(home + "/s.sock", process)
    return home, fifo, process


def end(home, fifo, process):
    process.send_signal(signal.SIGTERM)
    process.wait()
    os.close(fifo)
    shutil.rmtree(home)


def successors(path, fifo, rounds):
    """Milliseconds from the kill of a program until the next one has done something."""
    from xmlrpc.client import loads

    call = CALL.replace("getAllProcessInfo", "getProcessInfo").replace(
        "<params></params>", "<params><param><value>victim</value></param></params>"
    )
    connection = Connection(path)
    times = []
    for _ in range(rounds):
        while (info := loads(connection.call(call))[0][0])["statename"] != "RUNNING":
            time.sleep(0.05)
        start = time.perf_counter()
        os.kill(info["pid"], signal.SIGKILL)
        os.read(fifo, 1)
        times.append((time.perf_counter() - start) * 1000)
    return times


def ask(path, over):
    """One of 20 clients: ten times a second."""
    connection = Connection(path)
    due = time.perf_counter()
    while not over.is_set():
        connection.call(CALL.replace("getAllProcessInfo", "getState"))
        asked[0] += 1
        due += 0.1
        time.sleep(max(0, due - time.perf_counter()))


asked = [0]


def main():
    home, fifo, process = running(swisord, sys.argv[1])
    path = home + "/s.sock"
    os.read(fifo, 1)  # Its first start.
    ours = milliseconds(path, 50)
    quiet = successors(path, fifo, 20)
    over = threading.Event()
    clients = [threading.Thread(target=ask, args=(path, over)) for _ in range(20)]
    for client in clients:
        client.start()
    start = time.perf_counter()
    busy = successors(path, fifo, 20)
    rate = asked[0] / (time.perf_counter() - start)
    over.set()
    for client in clients:
        client.join()
    end(home, fifo, process)
    home, fifo, process = running(supervisord, sys.argv[2])
    theirs = milliseconds(home + "/s.sock", 10)
    end(home, fifo, process)
    print(f"getAllProcessInfo of {COUNT} programs: swisord {ours:.1f} ms, supervisord {theirs:.1f} ms")
    for name, times in (("nobody asks", quiet), (f"{rate:.0f} requests a second", busy)):
        print(
            f"a killed program's successor, while {name}: median {statistics.median(times):.1f} ms,"
            f" slowest {max(times):.1f} ms"
        )


if __name__ == "__main__":
    main()
