// SPDX-License-Identifier: Apache-2.0

/// What the shell is told when a command is over: the numbers that supervisorctl gives.
///
/// They come from the LSB, whose lists for `status` and for everything else differ.
struct ExitStatus: RawRepresentable, Hashable, Sendable {
    let rawValue: Int32

    static let success = ExitStatus(rawValue: 0)
    static let failure = ExitStatus(rawValue: 1)
    static let invalidArguments = ExitStatus(rawValue: 2)
    /// Nobody listens on the socket.
    static let refused = ExitStatus(rawValue: 4)
    /// A program, or the daemon, does not run.
    static let notRunning = ExitStatus(rawValue: 7)

    /// `status` has shown a process that is down.
    static let statusNotRunning = ExitStatus(rawValue: 3)
    /// `status` does not know: a name is wrong, or the daemon cannot be reached.
    static let statusUnknown = ExitStatus(rawValue: 4)
}
