# SPDX-License-Identifier: Apache-2.0
"""How scenarios are written down: as functions, or as a configuration and a list of steps."""

SCENARIOS = []

# Programs that scenarios are made of. Those that are not needed at once are not started.
SLEEPER = "[program:{name}]\ncommand=/bin/sleep 600\nstartsecs=0\n"


def sleeper(name, *keys):
    """A program that does nothing."""
    return SLEEPER.replace("{name}", name) + "".join(key + "\n" for key in keys)


def idle(name, *keys):
    """A program that waits to be started."""
    return sleeper(name, "autostart=false", *keys)


def shell(name, script, *keys):
    """A program that a shell runs."""
    return "[program:%s]\ncommand=/bin/sh -c '%s'\n" % (name, script) + "".join(
        key + "\n" for key in keys)


def run_deaf(site, *keys, beside=""):
    """Runs a program that only SIGKILL ends, and returns its pid.

    Its log says when it is deaf, for its trap needs a moment.
    """
    script = 'trap "" TERM; echo set; while :; do sleep 0.1; done'
    log = "stdout_logfile=%s/deaf.log" % site.dir
    site.configure(shell("deaf", script, "stopwaitsecs=600", "startsecs=0", log, *keys) + beside)
    site.start()
    site.wait_text("deaf.log", "set")
    site.wait("deaf", "RUNNING")
    return site.pid("deaf")


class Scenario:
    def __init__(self, name, run, differs=(), sometimes=False):
        self.name = name
        self.run = run
        self.differs = (differs,) if isinstance(differs, str) else tuple(differs)
        # Whether supervisord goes wrong by chance only, so that the difference may not be seen.
        self.sometimes = sometimes


def scenario(differs=(), sometimes=False):
    """Makes a function a scenario of its name."""
    def add(function):
        SCENARIOS.append(Scenario(function.__name__, function, differs, sometimes))
        return function
    return add


def steps(name, body, *lines, differs=(), daemon=""):
    """A scenario of commands.

    `@a RUNNING` waits for the state of a process, `!` changes the file into the text behind it,
    `~` is a command whose lines come in no certain order, and anything else is a command whose lines and exit status are compared.
    """
    def run(site):
        site.configure(body, daemon)
        site.start()
        for line in lines:
            if line.startswith("@"):
                process, *states = line[1:].split()
                site.wait(process, *states)
            elif line.startswith("!"):
                site.configure(line[1:], daemon)
            elif line.startswith("~"):
                site.sorted_ctl(line[1:])
            else:
                site.ctl(line)
    SCENARIOS.append(Scenario(name, run, differs))
