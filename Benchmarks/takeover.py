# SPDX-License-Identifier: Apache-2.0
"""How soon another manager answers: Benchmarks/takeover.py SWISORD [PROGRAMS...]

For each number of programs (100 and 1,000): a request that is sent right after the manager was
killed, until its answer by the next one, which has taken all programs over by then. Medians of ROUNDS
(20), a second apart, so that the guardian does not wait between the starts.
"""

import http.client
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

ROUNDS = int(os.environ.get("ROUNDS", "20"))


class Connection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost")
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.connect(self.path)


def ask(path, target):
    """The answer, however many managers die before it comes."""
    while True:
        try:
            connection = Connection(path)
            connection.request("GET", target)
            return json.loads(connection.getresponse().read())
        except (OSError, http.client.HTTPException):
            pass


def running(path):
    return sum(program["state"] == "RUNNING" for program in ask(path, "/v1/programs")["programs"])


def measure(swisord, folder, count):
    path = folder + "/run/swisord.sock"
    with open(folder + "/s.yaml", "w") as file:
        file.write(
            f"swisord: {{runtime_dir: {folder}/run, state_dir: {folder}/state, "
            f"logfile: {folder}/swisord.log, childlogdir: {folder}}}\n"
            f"programs: {{p: {{command: sleep 100000, startsecs: 0, numprocs: {count}, "
            'process_name: "%(process_num)04d"}}\n'
        )
    environment = dict(os.environ, SWISORD_GUARDIAN_PAUSE="1")
    words = [swisord, "-n", "-c", folder + "/s.yaml"]
    daemon = subprocess.Popen(words, stdout=subprocess.DEVNULL, env=environment)
    while running(path) < count:
        time.sleep(0.1)
    times = []
    for _ in range(ROUNDS):
        time.sleep(1)
        before = ask(path, "/v1/daemon")["manager_pid"]
        os.kill(before, signal.SIGKILL)
        start = time.perf_counter()
        while ask(path, "/v1/daemon")["manager_pid"] == before:
            pass
        times.append((time.perf_counter() - start) * 1e3)
        assert running(path) == count
    daemon.send_signal(signal.SIGTERM)
    daemon.wait()
    print(
        f"{count} programs: {statistics.median(times):.1f} ms "
        f"({min(times):.1f} to {max(times):.1f})"
    )


def main():
    swisord = os.path.realpath(sys.argv[1])
    for count in map(int, sys.argv[2:] or ("100", "1000")):
        folder = tempfile.mkdtemp(prefix="swisord-takeover-")
        try:
            measure(swisord, folder, count)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


main()
