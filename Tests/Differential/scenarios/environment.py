# SPDX-License-Identifier: Apache-2.0
"""What a program is given: variables, words, folder, umask."""

import os

from catalogue import scenario, shell
from harness import eventually


def says(name, *keys, script="env", daemon="", pick=None, differs=(), program="a", extra=""):
    """Runs a program and compares what it writes."""
    def run(site):
        site.script("say.sh", script + "\necho end\n")
        body = "[program:%s]\ncommand=%s/say.sh\nstartsecs=0\nautorestart=false\n" % (
            program, site.dir) + "stdout_logfile=%s/out.log\n" % site.dir
        body += "".join(key.replace("{dir}", site.dir) + "\n" for key in keys) + extra
        site.configure(body, daemon)
        site.start()
        lines = site.wait_text("out.log", "end\n").decode().splitlines()
        if pick:
            lines = sorted(line for line in lines if line.startswith(pick))
        site.note("says", "\n".join(lines))
    run.__name__ = name
    scenario(differs)(run)


says("variables_of_the_manager", pick=("SUPERVISOR_ENABLED", "SUPERVISOR_PROCESS", "SUPERVISOR_GROUP",
                                       "SUPERVISOR_SERVER_URL"))
says("variables_in_a_group", pick="SUPERVISOR_", extra="[group:g]\nprograms=a\n")
says("variables_of_the_program", 'environment=ONE="1",TWO=two,THREE="a b,c"',
     pick=("ONE", "TWO", "THREE"))
says("variables_of_the_daemon", daemon='environment=BASE="base",OVER="under"\n',
     pick=("BASE", "OVER"))
says("variables_over_those_of_the_daemon", 'environment=OVER="over"',
     daemon='environment=BASE="base",OVER="under"\n', pick=("BASE", "OVER"))
says("variables_with_expansions", 'environment=P="%(program_name)s",G="%(group_name)s",'
     'N="%(process_num)d",H="%(here)s"', pick=("P=", "G=", "N=", "H="))
says("variables_with_a_percent_sign", 'environment=P="%%d 100%%"', pick="P=")
says("variables_that_are_used_by_others", 'environment=NAME="x",COPY="%(ENV_BASE)s"',
     daemon='environment=BASE="base"\n', pick=("NAME", "COPY"))
says("server_url_of_ones_own", "serverurl=http://localhost:9999", pick="SUPERVISOR_SERVER_URL")
says("folder_of_the_program", "directory=/usr", script="pwd")
says("umask_of_the_program", "umask=027", script="umask")
says("umask_of_the_daemon", script="umask", daemon="umask=027\n",
     differs="umask-and-directory-in-the-foreground")
says("kind_of_input", script="stat -L -c %F /proc/self/fd/0")
says("no_variable_of_the_daemon_is_lost", script='test -n "$PATH" && echo has a path')


def words(name, command, *keys, differs=()):
    """Runs a script that writes its arguments."""
    def run(site):
        site.script("words.sh", 'for word; do echo "<$word>"; done\necho end\n')
        site.configure("[program:a]\ncommand=%s/words.sh %s\nstartsecs=0\nautorestart=false\n"
                       "stdout_logfile=%s/out.log\n" % (site.dir, command, site.dir)
                       + "".join(key + "\n" for key in keys))
        site.start()
        site.note("words", site.wait_text("out.log", "end\n"))
    run.__name__ = name
    scenario(differs)(run)


words("words_plain", "one two  three")
words("words_in_double_quotes", '"one two" "it\'s"')
words("words_in_single_quotes", "'one \"two\"' '$HOME'")
words("words_with_backslashes", r"one\ two \"three\" \\")
words("words_with_backslashes_in_quotes", r'"\$HOME \x \" \\"')
words("words_that_are_empty", "'' \"\"")
words("words_are_not_globbed", "* ~ $HOME | > &&")
words("words_with_percent_signs", "%%H:%%M 50%%")
words("words_with_expansions", "%(program_name)s %(process_num)02d %(here)s")
words("words_with_a_variable", "%(ENV_HOME)s/x")
words("words_on_several_lines", "one\n  two\n  \"three four\"")
words("words_before_a_comment", "one two ; three")
words("words_with_a_hash_in_them", "one#two three")
words("words_of_another_folder", "one", "directory=/usr")


@scenario()
def words_from_the_path(site):
    site.run("[program:a]\ncommand=sleep 600\nstartsecs=0\n", "a")
    site.ctl("status a")


@scenario(differs="user-sets-home")
def user_of_the_program(site):
    if os.getuid() != 0:
        site.note("needs root", site.name)
        return
    os.chmod(site.dir, 0o755)
    out = site.write("out.txt", "")
    os.chmod(out, 0o666)
    site.configure("[program:a]\ncommand=/bin/sh -c 'id -un; echo $HOME $USER; echo end'\nuser=nobody\n"
                   "startsecs=0\nautorestart=false\nstdout_logfile=%s/out.log\n"
                   % site.dir)
    site.start()
    lines = site.wait_text("out.log", "end\n").decode().splitlines()
    site.note("user", lines[0])
    site.note("knows its home", lines[1].startswith("/nonexistent nobody"))


@scenario()
def copies_have_their_numbers(site):
    site.configure(shell("w", "echo $N; exec sleep 600", "numprocs=3", "numprocs_start=5",
                         "process_name=%(program_name)s-%(process_num)d", "startsecs=0",
                         'environment=N="number %(process_num)03d of %(numprocs)d"',
                         "stdout_logfile=" + site.dir + "/w-%(process_num)d.log"))
    site.start()
    for number in (5, 6, 7):
        site.wait_text("w-%d.log" % number, "\n")
        site.note(number, site.read("w-%d.log" % number))


@scenario()
def no_descriptor_is_inherited(site):
    site.configure("[program:a]\ncommand=/bin/sh -c 'ls /proc/$$/fd; echo end'\nstartsecs=0\n"
                   "autorestart=false\nstdout_logfile=%s/out.log\n" % site.dir)
    site.start()
    site.note("descriptors", site.wait_text("out.log", "end\n"))


@scenario(differs="signals-are-at-their-defaults")
def no_signal_is_ignored(site):
    site.configure("[program:a]\ncommand=/bin/grep -E 'Sig(Ign|Blk)' /proc/self/status\nstartsecs=0\n"
                   "autorestart=false\nstdout_logfile=%s/out.log\n" % site.dir)
    site.start()
    eventually(lambda: site.read("out.log").count(b"\n") >= 2, "both lines")
    site.note("signals", site.read("out.log"))
