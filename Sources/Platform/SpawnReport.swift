// SPDX-License-Identifier: Apache-2.0

private import CSpawn
private import Glibc
package import Supervision
private import SystemPackage

/// How a child's way from clone to exec ended.
package enum SpawnReport: Hashable, Sendable {
    /// The child has neither executed nor died yet.
    case pending
    /// The child has become its program.
    case executed
    /// A step failed; the child is about to exit, or has.
    case failed(SpawnFailure)

    /// Reads the report of a child.
    ///
    /// Watch the descriptor for hangup alone (`reactor.add(descriptor, token:, for: [])`): the
    /// report is complete when the child's end closes, and only then does this look into it.
    ///
    /// - Parameters:
    ///   - descriptor: What `SpawnedChild.report` gave; let go of it when the answer is not
    ///     `pending`.
    ///   - program: What was to be started, for the words of a failure.
    /// - Returns: `pending` until the child has executed or died.
    package static func read(
        _ descriptor: borrowing OwnedDescriptor,
        of program: PreparedProgram
    ) -> SpawnReport {
        guard isComplete(descriptor) else { return .pending }
        var last: swisord_spawn_report?
        var record = swisord_spawn_report()
        let size = MemoryLayout<swisord_spawn_report>.size
        while true {
            let count = Glibc.read(descriptor.rawValue, &record, size)
            if count == -1, errno == EINTR { continue }
            guard count == size else { break }
            last = record
        }
        guard let last else {
            return .failed(
                SpawnFailure(
                    step: .exec,
                    subject: program.candidates[0],
                    errorNumber: 0,
                    reason: "the process ended before it could execute the program",
                    isPermanent: false
                )
            )
        }
        return last.error_number == 0 ? .executed : .failed(failure(last, program))
    }

    /// Whether the child's end is closed, by exec or by death.
    private static func isComplete(_ descriptor: borrowing OwnedDescriptor) -> Bool {
        var entry = pollfd(fd: descriptor.rawValue, events: 0, revents: 0)
        return poll(&entry, 1, 0) == 1 && entry.revents & Int16(POLLHUP) != 0
    }

    private static func failure(
        _ report: swisord_spawn_report,
        _ program: PreparedProgram
    ) -> SpawnFailure {
        let errno = Errno(rawValue: report.error_number)
        let step = UInt32(bitPattern: report.step)
        let user = program.credentials?.name ?? ""
        func because(
            _ step: SpawnFailure.Step,
            _ subject: String = "",
            _ reason: String? = nil,
            permanent: Bool = false
        ) -> SpawnFailure {
            SpawnFailure(
                step: step,
                subject: subject,
                errorNumber: report.error_number,
                reason: reason ?? errno.description,
                isPermanent: permanent
            )
        }
        switch step {
        case SWISORD_STEP_SESSION.rawValue: return because(.session)
        case SWISORD_STEP_SIGNALS.rawValue: return because(.signals)
        case SWISORD_STEP_DESCRIPTORS.rawValue: return because(.output)
        case SWISORD_STEP_LIMITS.rawValue: return because(.limits, "RLIMIT_NOFILE")
        case SWISORD_STEP_GROUPS.rawValue: return because(.group, "supplementary groups of \(user)")
        case SWISORD_STEP_GROUP.rawValue:
            return because(.group, program.credentials.map { String($0.gid) } ?? "")
        case SWISORD_STEP_USER.rawValue: return because(.user, user)
        case SWISORD_STEP_VERIFY.rawValue:
            return because(.user, user, "the rights of the daemon could not be given up for good")
        case SWISORD_STEP_DIRECTORY.rawValue: return because(.directory, program.directory ?? "")
        default:
            return because(
                .exec,
                subject(report, program),
                reason(report, program),
                permanent: ExecError.isPermanent(report.error_number)
            )
        }
    }

    private static func subject(
        _ report: swisord_spawn_report,
        _ program: PreparedProgram
    ) -> String {
        // A command that a search did not find has no one path: its name says most.
        if report.error_number == ENOENT, report.file_exists == 0, program.candidates.count > 1,
            let name = program.candidates[0].split(separator: "/").last
        {
            return String(name)
        }
        let index = Int(report.candidate)
        return program.candidates.indices.contains(index) ? program.candidates[index] : ""
    }

    private static func reason(
        _ report: swisord_spawn_report,
        _ program: PreparedProgram
    ) -> String? {
        switch report.error_number {
        case ENOENT where report.file_exists != 0:
            "the file exists, but the interpreter or loader that it names does not"
        case ENOENT where program.candidates.count > 1:
            "not found in PATH"
        case ENOEXEC:
            "not a program for this machine, nor a script with a #! line"
        case E2BIG:
            "arguments (\(program.argumentBytes) bytes) and environment "
                + "(\(program.environmentBytes) bytes) are too large together, or one of them is"
        default: nil
        }
    }
}

/// What the errors of execve mean for another attempt.
private enum ExecError {
    /// Whether the same attempt fails again unless somebody changes a file or the configuration.
    static func isPermanent(_ number: Int32) -> Bool {
        [ENOENT, ENOTDIR, EACCES, ENOEXEC, E2BIG, ELOOP, ENAMETOOLONG].contains(number)
    }
}
