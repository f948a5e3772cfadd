// SPDX-License-Identifier: Apache-2.0

import Platform

/// What this manager knows of the process that watches over it.
struct GuardianStatus: Hashable {
    enum State: Hashable {
        case watching
        /// It has been killed: nobody starts the next manager, nobody else collects programs.
        case gone
        /// There is none by wish (`--no-guardian`).
        case off
    }

    /// What came of an upgrade that this manager was started by.
    enum Upgrade: Hashable {
        case succeeded
        case rolledBack(String)
    }

    var state: State
    /// The pid of the guardian, or of this process where there is none: who is sent signals.
    private(set) var mainPID: Int32
    /// How often a manager has been started, this one included.
    let starts: Int
    /// How the manager before this one ended, if it crashed.
    let lastCrash: String?
    let recentCrashes: Int
    var upgrade: Upgrade?

    /// It has been killed: this process is all that is left of the daemon.
    mutating func haveGone() {
        state = .gone
        mainPID = ThisProcess.pid
    }

    /// Without a guardian.
    static var off: GuardianStatus {
        GuardianStatus(
            state: .off,
            mainPID: ThisProcess.pid,
            starts: 1,
            lastCrash: nil,
            recentCrashes: 0
        )
    }
}
