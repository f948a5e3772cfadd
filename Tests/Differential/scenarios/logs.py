# SPDX-License-Identifier: Apache-2.0
"""What programs write, byte by byte, and how it is rotated."""

import os
import signal
import stat

from catalogue import scenario, shell
from harness import eventually


def writes(name, script, *keys, end="end\n", files=("a.log",), differs=(), daemon=""):
    """Runs a script and compares the files, once each has its end."""
    def run(site):
        site.script("say.sh", script + "\n")
        site.configure("[program:a]\ncommand=%s/say.sh\nstartsecs=0\nautorestart=false\n" % site.dir
                       + "stdout_logfile=%s/a.log\nstderr_logfile=%s/a.err\n" % (site.dir, site.dir)
                       + "".join(key.replace("{dir}", site.dir) + "\n" for key in keys), daemon)
        site.start()
        site.wait("a", "EXITED")
        for file in files:
            site.wait_text(file, end)
            site.note(file, repr(site.read(file)))
    run.__name__ = name
    scenario(differs)(run)


writes("log_of_stdout", "echo one; echo two; echo end")
writes("log_of_stderr", "echo one >&2; echo end >&2", files=("a.err",))
writes("log_of_both", "echo out; echo err >&2; echo end; echo end >&2", files=("a.log", "a.err"))
writes("log_of_stderr_with_stdout", "echo out; echo err >&2; echo end", "redirect_stderr=true")
writes("log_without_a_newline", "printf end", end="end")
writes("log_of_all_bytes", r"printf '\000\001\033[1m\200\377\r\n'; echo end")
writes("log_of_a_long_line", "head -c 100000 /dev/zero | tr '\\0' x; echo; echo end")
writes("log_of_many_lines", "seq 1 5000; echo end")
writes("log_of_nothing", "exit 0", end="")
writes("log_is_appended", "echo end", files=("a.log",))


@scenario()
def log_of_two_runs(site):
    site.configure(shell("a", "echo run", "startsecs=0", "autorestart=false",
                         "stdout_logfile=%s/a.log" % site.dir))
    site.start()
    site.wait("a", "EXITED")
    site.ctl("start a", record=False)
    eventually(lambda: site.read("a.log").count(b"run") == 2, "two runs")
    site.note("log", site.read("a.log"))


@scenario()
def log_nowhere(site):
    site.configure(shell("a", "echo gone; echo lost >&2; touch %s/done" % site.dir, "startsecs=0",
                         "autorestart=false", "stdout_logfile=NONE", "stderr_logfile=NONE"))
    site.start()
    site.wait("a", "EXITED")
    eventually(lambda: os.path.exists(site.path("done")), "it has ended")
    site.ctl("tail a")
    site.note("files", sorted(name for name in os.listdir(site.dir)
                              if name.startswith("a")))


@scenario(differs="auto-logs-have-lasting-names")
def log_by_itself(site):
    site.configure(shell("a", "echo end", "startsecs=0", "autorestart=false"))
    site.start()
    site.wait("a", "EXITED")
    site.note("files", sorted(name for name in os.listdir(site.dir) if name.startswith("a")))


@scenario()
def log_by_itself_is_tailed(site):
    site.run(shell("a", "echo end; exec sleep 600", "startsecs=0"), "a")
    eventually(lambda: "end" in site.ctl("tail a", record=False).output, "it is there")
    site.ctl("tail a")


@scenario()
def log_is_rotated(site):
    """Files of the size that was asked for, and no more of them than that."""
    site.script("say.sh", "while [ ! -e stop ]; do seq 1 300; sleep 0.2; done; echo end\n")
    site.configure("[program:a]\ncommand=%s/say.sh\nstartsecs=0\nautorestart=false\ndirectory=%s\n"
                   "stdout_logfile=%s/a.log\nstdout_logfile_maxbytes=1500\nstdout_logfile_backups=2\n"
                   % (site.dir, site.dir, site.dir))
    site.start()
    eventually(lambda: os.path.exists(site.path("a.log.2")), "it is rotated twice")
    site.write("stop", "")
    site.wait("a", "EXITED")
    eventually(lambda: any(b"end\n" in site.read(name)
                           for name in ("a.log", "a.log.1", "a.log.2")), "the last line")
    site.note("files", sorted(name for name in os.listdir(site.dir) if name.startswith("a.log")))


@scenario(differs="rotation-at-line-ends")
def log_is_cut_at_line_ends(site):
    """No line is in two files, and no file is larger than was asked for."""
    site.script("say.sh", "i=0; while [ $i -lt 40 ]; do seq 100000 100200; i=$((i+1)); done; echo end\n")
    site.configure("[program:a]\ncommand=%s/say.sh\nstartsecs=0\nautorestart=false\n"
                   "stdout_logfile=%s/a.log\nstdout_logfile_maxbytes=5000\nstdout_logfile_backups=50\n"
                   % (site.dir, site.dir))
    site.start()
    site.wait("a", "EXITED")
    eventually(lambda: any(b"end\n" in site.read(name) for name in os.listdir(site.dir)
                           if name.startswith("a.log")), "the last line")
    files = [name for name in os.listdir(site.dir) if name.startswith("a.log")]
    site.note("too large", any(len(site.read(name)) > 5000 for name in files))


@scenario()
def log_is_truncated_without_backups(site):
    site.script("say.sh", "for i in 1 2 3 4; do seq 1 300; done\n"
                "while [ ! -e stop ]; do echo end; sleep 0.1; done\n")
    site.configure("[program:a]\ncommand=%s/say.sh\nstartsecs=0\nautorestart=false\ndirectory=%s\n"
                   "stdout_logfile=%s/a.log\nstdout_logfile_maxbytes=1500\nstdout_logfile_backups=0\n"
                   % (site.dir, site.dir, site.dir))
    site.start()
    # What is written together with much else may be gone with it, so it says it again.
    site.wait_text("a.log", "end\n")
    site.write("stop", "")
    site.wait("a", "EXITED")
    site.note("files", sorted(name for name in os.listdir(site.dir) if name.startswith("a.log")))


@scenario()
def log_is_reopened(site):
    """As logrotate wants it: the file is moved, and the signal makes a new one."""
    script = "while :; do echo line; sleep 0.1; done"
    site.configure(shell("a", script, "startsecs=0", "stdout_logfile=%s/a.log" % site.dir))
    site.start()
    site.wait_text("a.log", "line")
    os.rename(site.path("a.log"), site.path("a.moved"))
    site.signal(signal.SIGUSR2)
    site.wait_text("a.log", "line")
    site.note("files", sorted(name for name in os.listdir(site.dir)
                              if name in ("a.log", "a.moved")))


@scenario()
def activity_log_is_reopened(site):
    site.run(shell("a", "exec sleep 600", "startsecs=0"), "a")
    os.rename(site.path("main.log"), site.path("main.moved"))
    site.signal(signal.SIGUSR2)
    eventually(lambda: os.path.exists(site.path("main.log")), "a new file")
    site.ctl("stop a")
    site.note("told there", b"stopped: a" in site.wait_text("main.log", "stopped: a"))


def log_file(name, *keys, mode=None, differs=()):
    """Whose the log of a program is, and who may read it; one of `mode` is there before."""
    def run(site):
        if mode:
            os.chmod(site.write("a.log", ""), mode)
        site.run(shell("a", "exec sleep 600", "startsecs=0", "stdout_logfile=%s/a.log" % site.dir, *keys), "a")
        eventually(lambda: os.path.exists(site.path("a.log")), "the log")
        status = os.stat(site.path("a.log"))
        site.note("mode", "%o" % stat.S_IMODE(status.st_mode))
        site.note("owner", "%d:%d" % (status.st_uid, status.st_gid))
    run.__name__ = name
    scenario(differs)(run)


log_file("log_file_that_is_new", differs="new-logs-are-private")
log_file("log_file_that_was_there", mode=0o664)
if os.getuid() == 0:
    log_file("log_file_of_a_user", "user=nobody", differs="new-logs-are-private")
    log_file("log_file_of_a_user_that_was_there", "user=nobody", mode=0o664)


@scenario(differs="new-logs-are-private")
def log_file_of_the_daemon(site):
    site.run(shell("a", "exec sleep 600", "startsecs=0"), "a")
    site.note("mode", "%o" % stat.S_IMODE(os.stat(site.path("main.log")).st_mode))
    site.note("mode of the pidfile", "%o" % stat.S_IMODE(os.stat(site.path("main.pid")).st_mode))
