// SPDX-License-Identifier: Apache-2.0

private import CSpawn
private import Glibc
package import Supervision
private import SystemPackage

/// Makes processes; never waits for one, whatever its disk does.
///
/// A child is led by the C code of `CSpawn`: own session, default signals, no stray descriptor,
/// the limits the daemon was started with. Whether it got as far as its program is told later.
package struct Spawner: ~Copyable {
    /// Where an output of a program goes.
    package enum Output: Hashable, Sendable {
        /// A pipe, opened anew for this child so that its file flags are its own.
        case pipe(OutputPipe)
        /// A named FIFO, where there is no /proc; opened anew for this child so that its file flags are its own.
        case fifo(String, PipeTurn)
        /// A descriptor of the daemon, shared as it is.
        case descriptor(Int32)
        /// For standard error only: wherever standard output goes.
        case sameAsStdout
        case null
    }

    /// How a process comes into being.
    package struct Options: Hashable, Sendable {
        /// Whether it is a child of this process's parent (CLONE_PARENT), which pid 1 has not.
        package var isSibling: Bool
        /// Whether it waits for `SpawnedChild.letGo()` before it changes its user and executes.
        package var isGated: Bool
        /// The descriptor of the cgroup's directory in which it is born; nil for this process's.
        package var cgroup: Int32?
        /// A listening socket that becomes its descriptors 0 and 3 (LISTEN_FDS); nil for none.
        package var socket: Int32?

        package init(isSibling: Bool = false, isGated: Bool = false, cgroup: Int32? = nil) {
            self.isSibling = isSibling
            self.isGated = isGated
            self.cgroup = cgroup
        }
    }

    private let null: OwnedDescriptor
    private let openFiles: UInt64

    /// Makes a spawner.
    ///
    /// - Parameter restoringOpenFiles: The soft RLIMIT_NOFILE to give to programs, as it was
    ///   before the daemon raised its own; nil leaves the daemon's.
    /// - Throws: `SystemError` when there is nothing to stand in for `/dev/null`.
    package init(restoringOpenFiles: UInt64? = nil) throws(SystemError) {
        null = try NullDevice.open()
        openFiles = restoringOpenFiles ?? 0
    }

    /// Makes a process that will become `program`, and returns at once.
    ///
    /// - Parameters:
    ///   - program: What to execute.
    ///   - input: A descriptor to read from, which stays the caller's; nil for /dev/null.
    ///   - output: Where standard output goes.
    ///   - error: Where standard error goes.
    ///   - options: How it comes into being.
    /// - Returns: The process, and what it takes to hear of it.
    /// - Throws: `SpawnFailure` when no process was made: an output could not be opened, or the
    ///   kernel is out of processes, memory or descriptors, which passes.
    package borrowing func spawn(
        _ program: PreparedProgram,
        input: Int32? = nil,
        output: Output,
        error: Output,
        options: Options = Options()
    ) throws(SpawnFailure) -> SpawnedChild {
        let openedOutput = try Self.open(output)
        let outputNumber = openedOutput.map(null: null.rawValue, sibling: null.rawValue)
        let openedError = try Self.open(error)
        let errorNumber = openedError.map(null: null.rawValue, sibling: outputNumber)

        var request = swisord_spawn_request()
        request.candidates = UnsafePointer(program.candidateTable.pointers)
        request.arguments = UnsafePointer(program.argumentTable.pointers)
        request.environment = UnsafePointer(program.environmentTable.pointers)
        request.directory = UnsafePointer(program.directoryTable.pointers[0])
        request.input = options.socket ?? input ?? null.rawValue
        request.passes_socket = options.socket != nil ? 1 : 0
        request.output = outputNumber
        request.error = errorNumber
        request.open_files = openFiles
        request.mask = program.umask.map(Int32.init) ?? -1
        request.is_sibling = options.isSibling ? 1 : 0
        request.is_gated = options.isGated ? 1 : 0
        request.cgroup = options.cgroup ?? -1
        let result = Self.clone(&request, program)
        withExtendedLifetime(program) {}
        // The parent's ends of the outputs are closed with their owners, after the clone.
        _ = consume openedOutput
        _ = consume openedError
        guard result.pid > 0 else {
            throw SpawnFailure(
                step: .fork,
                subject: "",
                errorNumber: result.error_number,
                reason: Errno(rawValue: result.error_number).description,
                isPermanent: false
            )
        }
        // The child waits at its gate, and reads this when it is let go.
        if options.socket != nil, options.isGated { program.tell(pid: result.pid) }
        return SpawnedChild(
            pid: result.pid,
            report: OwnedDescriptor(owning: result.report),
            gate: result.gate >= 0 ? OwnedDescriptor(owning: result.gate) : nil,
            program: program,
            isInCgroup: options.cgroup != nil && result.cgroup_error == 0
        )
    }

    private static func clone(
        _ request: inout swisord_spawn_request,
        _ program: PreparedProgram
    ) -> swisord_spawn_result {
        guard let attempt = program.makeAttempt() else {
            return swisord_spawn_result(
                pid: -1,
                report: -1,
                gate: -1,
                step: Int32(SWISORD_STEP_FORK.rawValue),
                error_number: ENOMEM,
                cgroup_error: 0
            )
        }
        if let credentials = program.credentials, needsChange(to: credentials) {
            request.changes_user = 1
            request.uid = credentials.uid
            request.gid = credentials.gid
            request.groups = UnsafePointer(program.groups.baseAddress)
            request.group_count = program.groups.count
        }
        return swisord_spawn(&request, attempt)
    }

    /// Whether a child must give anything up; who is not root and stays himself need not, and
    /// could not ask for it.
    private static func needsChange(to credentials: Credentials) -> Bool {
        geteuid() == 0 || geteuid() != credentials.uid || getegid() != credentials.gid
    }

    private static func open(_ output: Output) throws(SpawnFailure) -> OpenedOutput {
        switch output {
        case .null: return .null
        case .sameAsStdout: return .sibling
        case .descriptor(let number): return .shared(number)
        case .pipe(let pipe):
            do throws(SystemError) {
                return .owned(try pipe.openEnd())
            } catch {
                throw SpawnFailure(
                    step: .output,
                    subject: "pipe",
                    errorNumber: error.errno.rawValue,
                    reason: error.errno.description,
                    isPermanent: false
                )
            }
        case .fifo(let path, let turn):
            do throws(SystemError) {
                // O_RDWR opens at once and holds a reader, so the program gets no SIGPIPE.
                let flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY
                return .owned(try turn.open(path, flags))
            } catch {
                throw SpawnFailure(
                    step: .output,
                    subject: path,
                    errorNumber: error.errno.rawValue,
                    reason: error.errno.description,
                    isPermanent: false
                )
            }
        }
    }
}

/// An output that is ready to be inherited; closed here when it was opened for one child.
private enum OpenedOutput: ~Copyable {
    case null
    case sibling
    case shared(Int32)
    case owned(OwnedDescriptor)

    borrowing func map(null: Int32, sibling: Int32) -> Int32 {
        switch self {
        case .null: null
        case .sibling: sibling
        case .shared(let number): number
        case .owned(let descriptor): descriptor.rawValue
        }
    }
}
