# SPDX-License-Identifier: Apache-2.0
"""avail, reread, update and reload."""

from catalogue import idle, scenario, sleeper, steps

A = sleeper("a")
B = sleeper("b")
CHANGED = A.replace("600", "601")
BROKEN = A + "startretries=many\n"
GROUP = idle("x") + idle("y") + "[group:g]\nprograms=x,y\npriority=7\n"

steps("avail_all", A + idle("b", "priority=5") + GROUP, "@a RUNNING", "avail")
steps("avail_with_what_is_new", A, "@a RUNNING", "!" + A + B, "reread", "avail")
steps("reread_nothing", A, "@a RUNNING", "reread")
steps("reread_an_addition", A, "@a RUNNING", "!" + A + B, "reread")
steps("reread_a_change", A + B, "@a RUNNING", "!" + CHANGED + B, "reread")
steps("reread_a_removal", A + B, "@a RUNNING", "!" + A, "reread")
steps("reread_all_three", A + B, "@a RUNNING", "!" + CHANGED + sleeper("c"), "reread")
steps("update_nothing", A, "@a RUNNING", "update", "update all", "update a")
steps("update_an_addition", A, "@a RUNNING", "!" + A + B, "update", "@b RUNNING", "status")
steps("update_an_addition_that_is_not_started", A, "@a RUNNING", "!" + A + idle("b"), "update",
      "status")
steps("update_a_change", A + B, "@a RUNNING", "@b RUNNING", "!" + CHANGED + B, "update", "@a RUNNING",
      "status")
steps("update_a_removal", A + B, "@a RUNNING", "@b RUNNING", "!" + A, "update", "status")
steps("update_one_of_two", A, "@a RUNNING", "!" + A + B + sleeper("c"), "update b", "@b RUNNING",
      "status")
steps("update_an_unknown_one", A, "@a RUNNING", "update x")
steps("update_an_unknown_and_a_new_one", A, "@a RUNNING", "!" + A + B, "update x b", "@b RUNNING")
steps("update_twice", A, "@a RUNNING", "!" + A + B, "update", "update")
steps("update_of_a_group", A + GROUP, "@a RUNNING", "!" + A, "update", "status")
steps("update_to_a_group", A, "@a RUNNING", "!" + A + GROUP, "update", "status")
steps("update_of_a_stopped_one", A + idle("b"), "@a RUNNING",
      "!" + A + idle("b").replace("600", "601"), "update", "status")
steps("reread_after_reread", A, "@a RUNNING", "!" + A + B, "reread", "reread")


def broken(name, line, differs):
    """A command when the file on the disk is wrong: nothing may change."""
    def run(site):
        site.run(A, "a")
        pid = site.pid("a")
        # The client must not stumble over the file as well.
        site.by_url = True
        site.write("supervisord.conf", "[supervisord\nbroken")
        site.write("supervisor.yaml", "programs: [")
        result = site.ctl(line, record=False)
        site.note("first word", result.output.split(" ")[0])
        site.note("status", result.status)
        site.note("the same process", site.pid("a") == pid)
        site.ctl("status a")
    run.__name__ = name
    scenario(differs)(run)


broken("reread_when_broken", "reread", ())
broken("update_when_broken", "update", "update-says-what-is-wrong")


@scenario(differs="reload-changes-what-differs")
def reload_with_nothing_changed(site):
    site.run(A, "a")
    pid = site.pid("a")
    site.ctl("reload")
    from harness import eventually
    eventually(lambda: site.pid("a") not in (0, pid) or site.name == "swisord", "it is back")
    site.wait("a", "RUNNING")
    site.note("the same process", site.pid("a") == pid)


@scenario(differs="update-keeps-the-unchanged")
def update_restarts_what_changed_alone(site):
    """One member of a group changes: its neighbour need not stop."""
    body = sleeper("x") + sleeper("y") + "[group:g]\nprograms=x,y\n"
    site.run(body, "g:x", "g:y")
    before = site.pid("g:x"), site.pid("g:y")
    site.configure(body.replace("600", "601", 1))
    site.ctl("update", record=False)
    site.wait("g:x", "RUNNING")
    site.wait("g:y", "RUNNING")
    site.note("x is another", site.pid("g:x") != before[0])
    site.note("y is the same", site.pid("g:y") == before[1])


@scenario(differs="update-keeps-the-unchanged")
def update_of_numprocs(site):
    """More copies: those that run go on."""
    body = sleeper("w", "numprocs=2", "process_name=w%(process_num)d")
    site.run(body, "w:w0")
    before = site.pid("w:w0")
    site.configure(body.replace("numprocs=2", "numprocs=3"))
    site.ctl("update", record=False)
    site.wait("w:w2", "RUNNING")
    site.wait("w:w0", "RUNNING")
    site.note("the first is the same", site.pid("w:w0") == before)


@scenario(differs="update-starts-again-what-ran")
def update_of_one_that_was_started_by_hand(site):
    """It does not start by itself, but it ran."""
    site.configure(idle("a"))
    site.start()
    site.ctl("start a", record=False)
    site.configure(idle("a").replace("600", "601"))
    site.ctl("update")
    site.wait("a", "RUNNING", "STOPPED")
    site.ctl("status")


steps("avail_of_a_listener", A + "[eventlistener:l]\ncommand=/bin/sleep 600\nevents=TICK_3600\n"
      "startsecs=0\n", "@l RUNNING", "avail", differs="one-priority-for-a-listener")
steps("avail_of_a_listener_with_a_priority", A + "[eventlistener:l]\ncommand=/bin/sleep 600\n"
      "events=TICK_3600\nstartsecs=0\npriority=7\n", "@l RUNNING", "avail")


@scenario()
def hangup_takes_the_new_file(site):
    import signal
    site.run(A, "a")
    site.configure(A + B)
    site.signal(signal.SIGHUP)
    site.wait("b", "RUNNING")
    site.wait("a", "RUNNING")
    site.ctl("status")


@scenario()
def included_files(site):
    site.write("parts/one.conf", sleeper("one"))
    site.write("parts/two.conf", "[program:two]\ncommand=%(here)s/two.sh\nstartsecs=0\n")
    site.script("parts/two.sh", "exec sleep 600\n")
    site.run("[include]\nfiles=parts/*.conf\n", "one", "two")
    site.ctl("status")


@scenario()
def sections_that_stand_twice(site):
    site.configure("[program:a]\ncommand=/no/such\nautostart=false\n[program:a]\ncommand=/bin/sleep 600\n"
                   "startsecs=0\n")
    site.start()
    site.ctl("start a")
    site.ctl("status a")


steps("add_a_new_one", A, "@a RUNNING", "!" + A + B, "reread", "add b", "@b RUNNING", "status")
steps("add_what_is_there", A, "@a RUNNING", "add a")
steps("add_an_unknown_one", A, "@a RUNNING", "add x")
steps("add_nothing", A, "@a RUNNING", "add")
steps("add_two", A, "@a RUNNING", "!" + A + B + sleeper("c"), "reread", "add b c", "@c RUNNING")
steps("add_a_group", A, "@a RUNNING", "!" + A + GROUP, "reread", "add g", "status g:*")
steps("remove_a_stopped_one", A + idle("b"), "@a RUNNING", "remove b", "status")
steps("remove_one_that_runs", A, "@a RUNNING", "remove a", "status")
steps("remove_an_unknown_one", A, "@a RUNNING", "remove x")
steps("remove_nothing", A, "@a RUNNING", "remove")
steps("remove_and_add", A + idle("b"), "@a RUNNING", "remove b", "add b", "status")
steps("remove_twice", A + idle("b"), "@a RUNNING", "remove b", "remove b")
steps("remove_a_group", A + GROUP, "@a RUNNING", "remove g", "status")
steps("avail_after_remove", A + idle("b"), "@a RUNNING", "remove b", "avail")
