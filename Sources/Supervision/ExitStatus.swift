// SPDX-License-Identifier: Apache-2.0

/// How a process ended: an exit code, or a signal and whether it left a core.
package enum ExitStatus: Hashable, Sendable {
    case code(Int32)
    case signal(Signal, coreDumped: Bool)
    /// The child never became the program: a step between clone and exec failed.
    case neverExecuted(SpawnFailure)
    /// The process is gone and nothing can tell how.
    case unknown
}

/// Why a program could not be started: the step that failed, what it was tried on, and errno.
package struct SpawnFailure: Error, Hashable, Sendable {
    /// A step on the way from nothing to a running program, in the order in which they are taken.
    package enum Step: String, Hashable, Sendable, CaseIterable {
        case environment, command, user, output, fork, session, limits, group, directory, umask
        case signals, exec, input, leftovers, socket
    }

    package let step: Step
    /// What the step was tried on: a path, a user name, or empty.
    package let subject: String
    /// errno of the failed call, or 0 when no call was made.
    package let errorNumber: Int32
    /// The text of errno, or the reason in words.
    package let reason: String
    /// Whether trying again soon cannot help, as with a program file that does not exist.
    package let isPermanent: Bool

    package init(
        step: Step,
        subject: String,
        errorNumber: Int32,
        reason: String,
        isPermanent: Bool
    ) {
        self.step = step
        self.subject = subject
        self.errorNumber = errorNumber
        self.reason = reason
        self.isPermanent = isPermanent
    }
}

extension SpawnFailure {
    /// A start that the death of the manager has cut short.
    package static let interrupted = SpawnFailure(
        step: .exec,
        subject: "",
        errorNumber: 0,
        reason: "the manager ended before the program was executed",
        isPermanent: false
    )
}

extension SpawnFailure {
    /// A start that waits until nothing is left of the run before.
    package static func leftovers(_ count: Int) -> SpawnFailure {
        SpawnFailure(
            step: .leftovers,
            subject: "",
            errorNumber: 0,
            reason: count == 1
                ? "1 process of the last run has not ended"
                : "\(count) processes of the last run have not ended",
            isPermanent: false
        )
    }

    /// Whether something did not answer in time (ETIMEDOUT): a disk, as a rule.
    private var isTimeout: Bool { errorNumber == 110 }

    /// Whether it says nothing about the program: what the machine lacks, or what is in the way.
    var isShortage: Bool {
        step == .fork || step == .leftovers && !isPermanent || isTimeout
    }
}

extension SpawnFailure: CustomStringConvertible {
    /// One line such as `directory: /nope: No such file or directory`.
    package var description: String {
        subject.isEmpty ? "\(step.rawValue): \(reason)" : "\(step.rawValue): \(subject): \(reason)"
    }
}

extension ExitStatus: CustomStringConvertible {
    /// A phrase such as `exit status 3` or `terminated by SIGSEGV (core dumped)`.
    package var description: String {
        switch self {
        case .code(let code): "exit status \(code)"
        case .signal(let signal, coreDumped: false): "terminated by \(signal)"
        case .signal(let signal, coreDumped: true): "terminated by \(signal) (core dumped)"
        case .neverExecuted(let failure): failure.description
        case .unknown: "exit status unknown"
        }
    }
}
