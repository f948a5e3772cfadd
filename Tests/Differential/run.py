#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The differential suite: run.py --binaries DIR [--jobs N] [--verbose] [SCENARIO ...]

Runs each scenario under supervisord and under swisord and compares what was seen. A difference must
be listed by name in docs/compatibility.md, and one that is listed must occur. Needs supervisor
4.3.0 in the Python that runs it.
"""

import argparse
import ctypes
import difflib
import json
import os
import re
import shutil
import signal
import sys
import tempfile
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

import harness  # noqa: E402
import catalogue  # noqa: E402
from supervisor import supervisorctl, supervisord  # noqa: E402,F401  (read once, before the forks)

LIMIT = 150


def listed():
    """The differences that docs/compatibility.md names."""
    with open(os.path.join(HERE, "..", "..", "docs", "compatibility.md")) as file:
        return set(re.findall(r"^\| `([a-z0-9-]+)` \|", file.read(), re.M))


def adopt_orphans():
    """Makes this process the parent of what its descendants leave behind."""
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)


def children():
    """The pids of this process' children."""
    try:
        with open("/proc/self/task/%d/children" % os.getpid()) as file:
            return [int(word) for word in file.read().split()]
    except FileNotFoundError:
        return [pid for pid in map(int, filter(str.isdigit, os.listdir("/proc")))
                if parent(pid) == os.getpid()]


def parent(pid):
    """The pid of a process' parent, where the kernel keeps no lists of children."""
    try:
        with open("/proc/%d/stat" % pid) as file:
            return int(file.read().rsplit(")", 1)[1].split()[1])
    except (OSError, IndexError):
        return 0


def end_all(spared=()):
    """Ends what is left of this process' own descendants, by their pids."""
    for _ in range(200):
        left = [pid for pid in children() if pid not in spared]
        if not left:
            return
        for pid in left:
            try:
                os.kill(pid, signal.SIGCONT)
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            try:
                os.waitpid(pid, os.WNOHANG)
            except ChildProcessError:
                pass
        time.sleep(0.01)


def play(scenario, kind, folder):
    """Runs one side of a scenario in this process and returns what was seen."""
    adopt_orphans()
    site = kind(tempfile.mkdtemp(prefix="%s-" % kind.name[:3], dir=folder))
    fault = None
    try:
        scenario.run(site)
    except Exception:
        fault = traceback.format_exc() + "\n".join(
            site.read(name).decode("utf-8", "replace")[-2000:] for name in ("daemon.out", "main.log"))
    end_all()
    shutil.rmtree(site.dir, ignore_errors=True)
    return {"transcript": site.transcript, "fault": fault}


class Pool:
    """Plays sides of scenarios in processes of their own, some at a time."""

    def __init__(self, jobs, folder):
        self.jobs = jobs
        self.folder = folder
        self.running = {}
        self.results = {}

    def run(self, tasks):
        waiting = list(tasks)
        while waiting or self.running:
            while waiting and len(self.running) < self.jobs:
                self.begin(*waiting.pop(0))
            self.reap()
            time.sleep(0.02)
        return self.results

    def begin(self, scenario, kind):
        result = os.path.join(self.folder, "%s-%s.json" % (scenario.name, kind.name))
        pid = os.fork()
        if pid == 0:
            os.setsid()
            code = 1
            try:
                seen = play(scenario, kind, self.folder)
                with open(result, "w") as file:
                    json.dump(seen, file)
                code = 0
            except BaseException:
                traceback.print_exc()
            os._exit(code)
        self.running[pid] = ((scenario.name, kind.name), result, time.monotonic())

    def reap(self):
        for pid, (key, result, since) in list(self.running.items()):
            if os.waitpid(pid, os.WNOHANG)[0] == pid:
                del self.running[pid]
                try:
                    with open(result) as file:
                        self.results[key] = json.load(file)
                except (OSError, ValueError):
                    self.results[key] = {"transcript": [], "fault": "it left nothing behind"}
                self.results[key]["seconds"] = time.monotonic() - since
            elif time.monotonic() - since > LIMIT:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
                del self.running[pid]
                self.results[key] = {"transcript": [], "fault": "took longer than %d s" % LIMIT}
        end_all(self.running)


def judge(scenarios, results, verbose):
    """Compares both sides of each scenario and tells what is wrong; the number of what is wrong."""
    names = listed()
    wrong = 0
    used = set()
    for scenario in scenarios:
        sides = [results[(scenario.name, kind)] for kind in ("supervisord", "swisord")]
        faults = [(kind, side["fault"])
                  for kind, side in zip(("supervisord", "swisord"), sides) if side["fault"]]
        theirs, ours = (side["transcript"] for side in sides)
        used.update(scenario.differs)
        complaint = None
        if faults:
            complaint = "\n".join("%s: %s" % fault for fault in faults)
        elif set(scenario.differs) - names:
            complaint = "docs/compatibility.md does not list %s" % ", ".join(scenario.differs)
        elif theirs != ours and not scenario.differs:
            complaint = "an unlisted difference"
        elif theirs == ours and scenario.differs and not scenario.sometimes:
            complaint = "the difference %s does not occur" % ", ".join(scenario.differs)
        if complaint or (verbose and theirs != ours):
            print("\n%s %s" % ("FAILED" if complaint else "differs", scenario.name))
            if complaint:
                print(complaint)
            for line in difflib.unified_diff(theirs, ours, "supervisord", "swisord", lineterm="", n=9):
                print("    " + line)
        wrong += complaint is not None
    if len(scenarios) == len(catalogue.SCENARIOS):
        for name in sorted(names - used):
            print("\nFAILED docs/compatibility.md lists '%s', which no scenario shows" % name)
            wrong += 1
    return wrong


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binaries", required=True)
    parser.add_argument("--jobs", type=int, default=16)
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    harness.Swisord.binaries = os.path.abspath(options.binaries)
    import scenarios  # noqa: F401
    chosen = [one for one in catalogue.SCENARIOS
              if not options.names or any(name in one.name for name in options.names)]
    twice = [one.name for one in catalogue.SCENARIOS]
    assert len(twice) == len(set(twice)), "two scenarios have one name"
    adopt_orphans()
    since = time.monotonic()
    folder = tempfile.mkdtemp(prefix="swisord-differential-")
    try:
        tasks = [(one, harness.Supervisord) for one in chosen]
        tasks = [task for one in tasks for task in (one, (one[0], harness.Swisord))]
        results = Pool(options.jobs, folder).run(tasks)
    finally:
        end_all()
        shutil.rmtree(folder, ignore_errors=True)
    wrong = judge(chosen, results, options.verbose)
    slow = sorted(results.items(), key=lambda item: -item[1].get("seconds", 0))[:5]
    if options.verbose:
        print("\nslowest: " + ", ".join("%s %s %.1f s" % (*key, seen.get("seconds", 0))
                                        for key, seen in slow))
    same = sum(not one.differs for one in chosen)
    print("\n%d scenarios: %d the same, %d with a listed difference; %d wrong, %.0f s"
          % (len(chosen), same, len(chosen) - same, wrong, time.monotonic() - since))
    sys.exit(1 if wrong else 0)


main()
