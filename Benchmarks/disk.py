# SPDX-License-Identifier: Apache-2.0
"""How soon status is answered while a disk of logs is in trouble: Benchmarks/disk.py SWISORD

Ten programs log to a small ext4 on a loop device, ten elsewhere. The first disk answers, is full,
takes 0.3 s for each change (frozen and thawed in turns), and hangs (`fsfreeze`). Each
time 200 times `GET /v1/programs` by a connection of its own, some `swisordctl status`, which is a
process of its own each, and some restarts of a program that logs there. At last all is ended while
the disk hangs. Needs root; all of it is in a mount namespace that ends with it.
"""

import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

ROUNDS = 200
CLIENTS = 20
RESTARTS = 20


class Connection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost")
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.connect(self.path)


def ask(path, method="GET", target="/v1/programs"):
    connection = Connection(path)
    connection.request(method, target)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    if answer.status != 200:
        sys.exit(f"{target}: {answer.status} {body.decode()}")
    return body


def milliseconds(rounds, call):
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        call()
        times.append((time.perf_counter() - start) * 1000)
        time.sleep(0.005)
    times.sort()
    return times


def measure(name, ctl, path):
    words = [ctl, "-s", "unix://" + path, "status"]
    times = milliseconds(ROUNDS, lambda: ask(path))
    clients = milliseconds(CLIENTS, lambda: subprocess.run(words, capture_output=True, check=True))
    restarts = milliseconds(RESTARTS, lambda: ask(path, "POST", "/v1/programs/stuck:0/restart"))
    print(
        f"{name}: GET /v1/programs median {times[ROUNDS // 2]:.1f} ms,"
        f" p99 {times[ROUNDS * 99 // 100 - 1]:.1f} ms, max {times[-1]:.1f} ms;"
        f" swisordctl status median {clients[CLIENTS // 2]:.1f} ms, max {clients[-1]:.1f} ms;"
        f" restart median {restarts[RESTARTS // 2]:.0f} ms, max {restarts[-1]:.0f} ms",
        flush=True,
    )


def freeze(option, disk):
    subprocess.run(["fsfreeze", option, disk], check=True)


def slowly(disk, over):
    while not over.is_set():
        freeze("-f", disk)
        time.sleep(0.3)
        freeze("-u", disk)
        time.sleep(0.02)


def fill(disk):
    with open(disk + "/rest", "wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(1 << 16))
        except OSError:
            pass


def configure(home):
    tick = '[sh, -c, "while :; do echo tick; sleep 0.1; done"]'
    many = 'startsecs: 0, numprocs: 10, process_name: "%(process_num)d", stderr_logfile: NONE'
    with open(home + "/s.yaml", "w") as file:
        file.write(
            f"swisord: {{socket: {home}/s.sock, runtime_dir: {home}/run, state_dir: {home}/state,"
            f" logfile: {home}/log}}\nprograms:\n"
            f"  stuck: {{command: {tick}, {many},"
            f' stdout_logfile: "{home}/disk/stuck-%(process_num)d.log"}}\n'
            f'  free: {{command: {tick}, {many}, stdout_logfile: "{home}/free-%(process_num)d.log"}}\n'
        )


def until_up(path, daemon):
    while daemon.poll() is None:
        try:
            if ask(path).count(b'"RUNNING"') == 20:
                return
        except OSError:
            pass
        time.sleep(0.1)
    sys.exit(f"it ended with {daemon.returncode}")


def ended(daemon, home):
    """How long a shutdown takes; the daemon's process itself ends when the disk answers."""
    start = time.perf_counter()
    daemon.send_signal(signal.SIGTERM)
    while "swisord has ended" not in open(home + "/log").read():
        time.sleep(0.002)
    return (time.perf_counter() - start) * 1000


def main(program):
    home = tempfile.mkdtemp()
    disk = home + "/disk"
    os.mkdir(disk)
    with open(home + "/image", "w") as image:
        image.truncate(64 << 20)
    subprocess.run(["mkfs.ext4", "-q", "-F", home + "/image"], check=True)
    subprocess.run(["mount", "-o", "loop", home + "/image", disk], check=True)
    configure(home)
    path = home + "/s.sock"
    ctl = os.path.dirname(program) + "/swisordctl"
    words = [program, "-n", "-c", home + "/s.yaml"]
    daemon = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    try:
        until_up(path, daemon)
        measure("a disk that answers", ctl, path)
        fill(disk)
        measure("a full disk", ctl, path)
        os.unlink(disk + "/rest")
        over = threading.Event()
        thread = threading.Thread(target=slowly, args=(disk, over))
        thread.start()
        measure("0.3 s for each change", ctl, path)
        over.set()
        thread.join()
        freeze("-f", disk)
        time.sleep(3)
        measure("a disk that hangs", ctl, path)
        print(f"ended while it hangs, with 20 programs: {ended(daemon, home):.0f} ms")
        freeze("-u", disk)
    finally:
        daemon.send_signal(signal.SIGTERM)
        daemon.wait()
        subprocess.run(["umount", "-l", disk])
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    if os.environ.get("SWISORD_BENCH_NAMESPACE") is None:
        os.environ["SWISORD_BENCH_NAMESPACE"] = "1"
        os.execvp("unshare", ["unshare", "--propagation", "private", "-m", sys.executable] + sys.argv)
    main(os.path.abspath(sys.argv[1]))
