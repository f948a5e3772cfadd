// SPDX-License-Identifier: Apache-2.0

import ControlAPI

/// One value of every model with nothing left out.
enum Filled {
    static let error = APIError(.noSuchProcess, "no such process", hint: "look")
    static let exit = ProcessInfo.Exit(
        code: 1,
        signal: 11,
        signalName: "SIGSEGV",
        coreDumped: true,
        text: "terminated by SIGSEGV (core dumped)"
    )
    static let log = ProcessInfo.Log(path: "/log", lostBytes: 5, trouble: "full")
    static let member = ProcessInfo.Member(
        pid: 7,
        parent: 6,
        command: "sleep 10",
        state: "S",
        cpuTime: 1.5,
        memory: 4096,
        isLeftover: true
    )
    static let program = ProcessInfo(
        name: "web",
        group: "web",
        state: "BACKOFF",
        stateCode: 30,
        pid: 0,
        startedAt: 1.5,
        stoppedAt: 2.5,
        uptime: 3,
        exit: exit,
        runs: 4,
        failures: 2,
        retryLimit: 3,
        nextAttemptIn: 4,
        description: "died",
        why: "it crashed",
        stdout: log,
        stderr: log,
        autostart: true,
        priority: 999,
        adopted: true,
        leftovers: 2,
        processes: [member],
        listener: listener
    )
    static let result = CommandResult(name: "a", group: "g", action: .started, error: error)
    static let piece = LogPiece(text: "é", start: 3, end: 5, size: 9)
    static let guardian = DaemonInfo.Guardian(state: .watching, pid: 1)
    static let upgrade = DaemonInfo.Upgrade(
        from: "1",
        to: "2",
        programs: 3,
        at: 1.5,
        error: "it does not start"
    )
    static let daemon = DaemonInfo(
        version: "0.1.0",
        pid: 1,
        managerPid: 2,
        guardian: guardian,
        starts: 3,
        lastCrash: "terminated by SIGSEGV",
        crashes: 2,
        lastUpgrade: upgrade,
        alarms: ["the guardian has died"],
        state: .shutdown,
        identifier: "swisord",
        configurationFile: "/etc/s.yaml",
        reloadError: "no",
        changedFiles: ["/etc/s.yaml"],
        startedAt: 1.5,
        socket: "/s",
        logfile: log,
        programs: 2
    )
    static let step = ReloadPlan.Step(name: "a", group: "g", action: .restart, reason: "changed")
    static let available = ReloadPlan.Available(
        name: "a",
        group: "g",
        inUse: true,
        autostart: true,
        groupPriority: 1,
        processPriority: 2
    )
    static let listener = ProcessInfo.Listener(
        state: "READY",
        waiting: 1,
        accepted: 2,
        refused: 3,
        dropped: 4
    )
    static let plan = ReloadPlan(
        added: ["a"],
        changed: ["b"],
        removed: ["c"],
        steps: [step],
        available: [available],
        needsDaemonRestart: ["socket"],
        warnings: ["w"],
        applied: true
    )
    static let configuredLog = ConfiguredProcess.Log(
        .file,
        path: "/log",
        maxBytes: 3,
        backups: 4,
        syslog: true
    )
    static let configured: ConfiguredProcess = {
        var process = ConfiguredProcess(
            name: "a",
            group: "g",
            program: "p",
            inUse: true,
            arguments: ["sleep", "1"],
            stdout: configuredLog,
            stderr: configuredLog
        )
        process.directory = "/"
        process.user = "josh"
        process.uid = 1000
        process.umask = 18
        process.startRetries = 3
        process.stopWaitSeconds = 10
        process.serverURL = "http://localhost"
        return process
    }()
    static let note = EventNote(
        serial: 1,
        type: .processState,
        event: "PROCESS_STATE_STARTING",
        payload: "processname:a groupname:g from_state:STOPPED tries:0",
        name: "a",
        group: "g",
        from: "STOPPED",
        to: "STARTING",
        pid: 42,
        at: 1.5,
        exit: "exit status 1"
    )
}
