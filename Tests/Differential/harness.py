# SPDX-License-Identifier: Apache-2.0
"""One daemon in a directory of its own, and what is seen of it.

A scenario is a function that drives a Site. It is run twice, with a supervisord and with a swisord,
and what both sites have written down is compared. A Site writes down every command it is told to
run, with its lines and its exit status; pids, times and paths are taken out.
"""

import http.client
import os
import re
import select
import signal
import subprocess
import sys
import time
import xmlrpc.client

# Long, because the machine may be slow; nothing waits longer than it has to.
PATIENCE = 45

HEADER = """[unix_http_server]
file={dir}/s.sock
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl=unix://{dir}/s.sock
[supervisord]
logfile={dir}/main.log
pidfile={dir}/main.pid
childlogdir={dir}
"""


class Failed(Exception):
    """The scenario cannot go on; what happened is no difference but a fault."""


class Result:
    def __init__(self, status, output, errors):
        self.status = status
        self.output = output
        self.errors = errors


def eventually(condition, what, patience=PATIENCE):
    """Waits for something to be true, and returns what the condition gave."""
    end = time.monotonic() + patience
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise Failed("waited in vain: " + what)
        time.sleep(0.05)


def alive(pid):
    """Whether a process lives; a zombie does not."""
    try:
        with open("/proc/%d/stat" % pid) as file:
            return file.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except (OSError, IndexError):
        return False


class Site:
    """What both kinds of daemon have in common."""

    name = ""
    # Whether the client is told the socket itself instead of a file that names it.
    by_url = False

    def __init__(self, directory):
        self.dir = directory
        self.transcript = []
        self.daemon = None
        self.body = ""

    # What is written down

    def normal(self, text):
        text = text.replace(os.path.realpath(self.dir), "DIR").replace(self.dir, "DIR")
        text = re.sub(r"\bpid \d+", "pid N", text)
        text = re.sub(r"uptime (\d+ days?, )?\d+:\d\d:\d\d", "uptime T", text)
        text = re.sub(r"\b[A-Z][a-z]{2} \d\d \d\d:\d\d [AP]M", "DATE", text)
        return re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}", "TIME", text)

    def note(self, label, value):
        """Writes down something that was seen."""
        text = value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)
        self.transcript.append("%s: %s" % (label, self.normal(text)))

    # The configuration

    def write(self, name, text):
        path = os.path.join(self.dir, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write(text.replace("{dir}", self.dir))
        return path

    def configure(self, body, daemon=""):
        """Puts `body` into the file, with keys of [supervisord] in `daemon`."""
        self.body = body
        self.write("supervisord.conf", HEADER + daemon + "\n" + body)

    def script(self, name, text):
        """Makes an executable script and returns its path."""
        path = self.write(name, "#!/bin/sh\n" + text)
        os.chmod(path, 0o755)
        return path

    # The daemon

    def start(self, *options):
        """Starts the daemon in the foreground and waits until it answers."""
        self.launch(*options)
        eventually(lambda: self.answers() or self.ended(), "the daemon answers")
        if self.ended():
            raise Failed("the daemon ended: " + self.read("daemon.out").decode("utf-8", "replace"))

    def run(self, body, *names, daemon=""):
        """Starts the daemon with `body`, and waits until these processes run."""
        self.configure(body, daemon)
        self.start()
        for name in names:
            self.wait(name, "RUNNING")

    def ended(self):
        if self.daemon is None:
            return True
        return self.poll() is not None

    def signal(self, number):
        os.kill(self.daemon, number)

    def wait_exit(self):
        """Waits for the end of the daemon and returns its exit status."""
        eventually(lambda: self.poll() is not None, "the daemon ends")
        return self.exit_status

    exit_status = None

    def poll(self):
        if self.exit_status is None:
            pid, status = os.waitpid(self.daemon, os.WNOHANG)
            if pid:
                self.exit_status = os.waitstatus_to_exitcode(status)
        return self.exit_status

    def answers(self):
        """Whether the daemon can be talked to."""
        try:
            return self.rpc().supervisor.getPID() > 0
        except (OSError, http.client.HTTPException, xmlrpc.client.Error):
            return False

    def infos(self):
        """What is known of each process, by its full name; nothing where no daemon answers.

        Over XML-RPC, which costs less than a client; what clients say is looked at elsewhere.
        """
        try:
            return {info["name"] if info["group"] == info["name"]
                    else info["group"] + ":" + info["name"]: info
                    for info in self.rpc().supervisor.getAllProcessInfo()}
        except (OSError, http.client.HTTPException, xmlrpc.client.Error):
            return {}

    def states(self):
        """The state of each process by its full name."""
        return {name: info["statename"] for name, info in self.infos().items()}

    def wait(self, name, *wanted):
        """Waits until a process has one of these states."""
        eventually(lambda: self.states().get(name) in wanted, "%s is %s" % (name, wanted))

    def pid(self, name):
        """The pid of a process; 0 while it has none."""
        return self.infos().get(name, {"pid": 0})["pid"]

    def rpc(self):
        """The daemon as supervisor's own Python client sees it."""
        from supervisor.xmlrpc import SupervisorTransport
        return xmlrpc.client.ServerProxy(
            "http://127.0.0.1",
            transport=SupervisorTransport(None, None, "unix://" + self.path("s.sock")))

    def sorted_ctl(self, line):
        """Runs a command whose lines come in the order in which processes get ready."""
        result = self.ctl(line, record=False)
        self.transcript.append("$ " + line)
        self.transcript += sorted(self.normal(result.output).splitlines())
        self.transcript.append("= %s" % result.status)

    # Files

    def path(self, name):
        return os.path.join(self.dir, name)

    def read(self, name):
        try:
            with open(self.path(name), "rb") as file:
                return file.read()
        except FileNotFoundError:
            return b""

    def wait_text(self, name, text):
        """Waits until a file holds a text and returns all of it."""
        wanted = text.encode() if isinstance(text, str) else text
        eventually(lambda: wanted in self.read(name), "%s holds %r" % (name, text))
        return self.read(name)

    # Commands

    def ctl(self, line, record=True, input=None, patience=PATIENCE):
        """Runs one command of the client, given as one line or as a list of arguments."""
        arguments = line.split(" ") if isinstance(line, str) else line
        result = self.client(arguments, input, patience)
        if record:
            self.transcript.append("$ %s" % self.normal(" ".join(arguments)))
            self.transcript += self.normal(result.output).splitlines()
            self.transcript.append("= %s" % result.status)
        return result

    def begin(self, line):
        """Begins a command that does not end before something else has happened."""
        return (line, *self.client_process(line.split(" ")))

    def end(self, begun):
        """Waits for the end of a command that has been begun and writes down what it said."""
        line, process, descriptor = begun
        output = b""
        while piece := os.read(descriptor, 65536):
            output += piece
        os.close(descriptor)
        status = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
        self.transcript.append("$ " + line)
        self.transcript += self.normal(output.decode("utf-8", "replace")).splitlines()
        self.transcript.append("= %s" % status)

    def follow(self, line, enough, patience=PATIENCE, stdin=None):
        """Runs a command that does not end until its output holds `enough`; returns the output."""
        process, descriptor = self.client_process(line.split(" "), stdin)
        output = b""
        end = time.monotonic() + patience
        while enough not in output and time.monotonic() < end:
            if select.select([descriptor], [], [], 0.2)[0]:
                piece = os.read(descriptor, 65536)
                if not piece:
                    break
                output += piece
        os.kill(process, signal.SIGINT)
        end = time.monotonic() + 5
        while os.waitpid(process, os.WNOHANG)[0] == 0:
            if time.monotonic() > end:
                os.kill(process, signal.SIGKILL)
            time.sleep(0.02)
        os.close(descriptor)
        return output


def collect(pid, out, err, patience):
    """Reads both outputs of a child to their end and reaps it."""
    texts = {out: b"", err: b""}
    end = time.monotonic() + patience
    while texts and time.monotonic() < end:
        for descriptor in select.select(list(texts), [], [], 0.5)[0]:
            piece = os.read(descriptor, 65536)
            if piece:
                texts[descriptor] += piece
            else:
                os.close(descriptor)
                yield descriptor, texts.pop(descriptor)
    if texts:
        os.kill(pid, signal.SIGKILL)
        for descriptor, text in texts.items():
            os.close(descriptor)
            yield descriptor, text + b"\n(never ended)\n"


def fork(work, stdin=None):
    """Runs `work` in a child; returns its pid and the reading ends of its two outputs."""
    out, out_write = os.pipe()
    err, err_write = os.pipe()
    pid = os.fork()
    if pid:
        os.close(out_write)
        os.close(err_write)
        return pid, out, err
    try:
        os.dup2(stdin if stdin is not None else os.open("/dev/null", os.O_RDONLY), 0)
        os.dup2(out_write, 1)
        os.dup2(err_write, 2)
        os.closerange(3, 256)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        work()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else (0 if end.code is None else 1)
        if isinstance(end.code, str):
            os.write(2, end.code.encode())
    except KeyboardInterrupt:
        code = 130
    except BaseException:
        import traceback
        traceback.print_exc()
        code = 1
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


def input_pipe(text):
    if text is None:
        return None
    reading, writing = os.pipe()
    os.write(writing, text.encode())
    os.close(writing)
    return reading


class Supervisord(Site):
    """The original, 4.3.0, unmodified; forked from here because Python starts slowly."""

    name = "supervisord"

    def arguments(self):
        return ["-c", self.path("supervisord.conf")]

    def client_options(self):
        return ["-s", "unix://" + self.path("s.sock")] if self.by_url else self.arguments()

    def launch(self, *options):
        self.exit_status = None
        output = os.open(self.path("daemon.out"), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self.daemon = os.fork()
        if self.daemon:
            os.close(output)
            return
        try:
            from supervisor import supervisord
            os.setsid()
            os.chdir(self.dir)
            os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
            os.dup2(output, 1)
            os.dup2(output, 2)
            os.closerange(3, 256)
            sys.argv = ["supervisord"] + self.arguments() + (list(options) or ["-n"])
            supervisord.main(sys.argv[1:])
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else (0 if end.code is None else 1)
        except BaseException:
            import traceback
            traceback.print_exc()
            code = 1
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)

    def client(self, arguments, input, patience):
        pid, out, err = fork(lambda: self.client_main(arguments), input_pipe(input))
        texts = dict(collect(pid, out, err, patience))
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        return Result(status, texts[out].decode("utf-8", "replace"),
                      texts[err].decode("utf-8", "replace"))

    def client_main(self, arguments):
        from supervisor import supervisorctl
        sys.argv = ["supervisorctl"] + self.client_options() + arguments
        supervisorctl.main(sys.argv[1:])

    def client_process(self, arguments, stdin=None):
        pid, out, err = fork(lambda: self.client_main(arguments), stdin)
        os.close(err)
        return pid, out


class Swisord(Site):
    """The successor, with what `swisordctl import` makes of the same configuration."""

    name = "swisord"
    binaries = ""
    # What the import of the configuration has said.
    told = ""

    def configure(self, body, daemon=""):
        super().configure(body, daemon)
        self.convert()

    def convert(self):
        """Imports the file as a person would, and keeps the daemon's things in this directory."""
        done = subprocess.run(
            [self.binaries + "/swisordctl", "import", "supervisord.conf"],
            cwd=self.dir, capture_output=True, text=True)
        if done.returncode > 1:
            raise Failed("import: " + done.stderr)
        self.told = done.stderr
        text = done.stdout.replace(
            "swisord:\n", "swisord:\n  runtime_dir: %s/run\n  state_dir: %s/state\n"
            % (self.dir, self.dir), 1)
        self.write("supervisor.yaml", text)

    def launch(self, *options):
        self.exit_status = None
        with open(self.path("daemon.out"), "ab") as output:
            process = subprocess.Popen(
                [self.binaries + "/swisord", "-c", "supervisor.yaml"] + (list(options) or ["-n"]),
                cwd=self.dir, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                start_new_session=True)
        self.daemon = process.pid
        # Reaped by poll(); the object must not do it too.
        process.returncode = 0

    def command(self, arguments):
        where = (["-s", "unix://" + self.path("s.sock")] if self.by_url
                 else ["-c", self.path("supervisor.yaml")])
        return [self.binaries + "/swisordctl"] + where + arguments

    def client(self, arguments, input, patience):
        try:
            done = subprocess.run(
                self.command(arguments), capture_output=True, timeout=patience,
                **({"stdin": subprocess.DEVNULL} if input is None else {"input": input.encode()}))
        except subprocess.TimeoutExpired as late:
            return Result("never", (late.stdout or b"").decode("utf-8", "replace"), "")
        return Result(done.returncode, done.stdout.decode("utf-8", "replace"),
                      done.stderr.decode("utf-8", "replace"))

    def client_process(self, arguments, stdin=None):
        process = subprocess.Popen(
            self.command(arguments), stdin=subprocess.DEVNULL if stdin is None else stdin,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        process.returncode = 0
        descriptor = os.dup(process.stdout.fileno())
        process.stdout.close()
        return process.pid, descriptor
