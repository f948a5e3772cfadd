// SPDX-License-Identifier: Apache-2.0

private import Glibc
package import Supervision

/// A child that has ended; once it has been collected its pid may belong to somebody else.
package struct ReapedChild: Hashable, Sendable {
    package let pid: Int32
    package let status: ExitStatus

    package init(pid: Int32, status: ExitStatus) {
        self.pid = pid
        self.status = status
    }
}

/// Collects children that have ended, so that none stays a zombie.
///
/// SIGCHLD only says that somebody died: ten thousand exits may raise it once. So the owner
/// collects until there is none, and deals with each before the next: until it is collected its
/// pid cannot be another's.
package enum Reaper {
    /// Looks for one child of any kind that has ended, also an adopted one, and leaves it a zombie:
    /// the same is found again until it is collected.
    ///
    /// It finds whatever child has ended, so one place in a process may use it and nobody there may
    /// wait for a child of his own. Having no children is not an error.
    package static func look() -> ReapedChild? {
        while true {
            var info = siginfo_t()
            if waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 {
                let found = info._sifields._sigchld
                guard found.si_pid > 0 else { return nil }
                let status = ExitStatus(code: info.si_code, status: found.si_status)
                return ReapedChild(pid: found.si_pid, status: status)
            }
            // ECHILD: there are no children at all.
            if errno != EINTR { return nil }
        }
    }

    /// Collects one child if it has ended; nil when it lives on or is no child of ours.
    package static func reap(pid: Int32) -> ReapedChild? {
        guard pid > 0 else { return nil }
        while true {
            var status: Int32 = 0
            let found = waitpid(pid, &status, WNOHANG)
            if found > 0 { return ReapedChild(pid: found, status: ExitStatus(waitStatus: status)) }
            // ECHILD: it is no child.
            if found == 0 || errno != EINTR { return nil }
        }
    }
}

extension ExitStatus {
    /// Reads the status word of wait(2): the signal in bits 0 to 6, the core flag in bit 7,
    /// the exit code in bits 8 to 15.
    package init(waitStatus: Int32) {
        let number = waitStatus & 0x7f
        if number == 0 {
            self = .code((waitStatus >> 8) & 0xff)
        } else if let signal = Signal(rawValue: number) {
            self = .signal(signal, coreDumped: waitStatus & 0x80 != 0)
        } else {
            self = .unknown
        }
    }

    /// Reads si_code and si_status as waitid(2) has them.
    init(code: Int32, status: Int32) {
        if code == CLD_EXITED {
            self = .code(status)
        } else if let signal = Signal(rawValue: status) {
            self = .signal(signal, coreDumped: code == CLD_DUMPED)
        } else {
            self = .unknown
        }
    }
}
