// SPDX-License-Identifier: Apache-2.0

private import CSpawn
private import Glibc
package import Supervision

/// Everything the kernel must be told to start a program, laid out as C memory.
///
/// Children read it until they have executed, in the daemon's own memory; one that is let go of
/// before waits for them. One thread owns it: it is not `Sendable`.
package final class PreparedProgram {
    /// The paths to try, in order.
    package let candidates: [String]
    /// Where the program runs; nil for the daemon's own directory.
    package let directory: String?
    /// Whom the program runs as; nil for whoever the daemon is.
    package let credentials: Credentials?
    /// The umask; nil for the daemon's own.
    package let umask: UInt16?
    /// The sizes of what exec has to copy, in bytes, for the message when it is too much.
    package let argumentBytes: Int
    package let environmentBytes: Int

    let argumentTable: CStringTable
    let environmentTable: CStringTable
    let candidateTable: CStringTable
    let directoryTable: CStringTable
    /// The supplementary groups of the program's user.
    let groups: UnsafeMutableBufferPointer<UInt32>
    /// Memory of children that were started from this and may not have executed yet.
    private var attempts: [OpaquePointer] = []

    /// Lays out a program.
    ///
    /// - Parameters:
    ///   - arguments: The argument vector with the program's own name first; not empty.
    ///   - environment: The whole environment, each entry as `NAME=value`.
    ///   - candidates: The paths to try in order, see `candidates(for:searchPath:)`.
    ///   - directory: Where to run, entered as the program's user.
    ///   - credentials: Whom to run as.
    ///   - umask: The file creation mask.
    /// - Throws: `SpawnFailure` when a text holds a NUL byte, which C would cut off silently,
    ///   or there is no command.
    package init(
        arguments: [String],
        environment: [String],
        candidates: [String],
        directory: String? = nil,
        credentials: Credentials? = nil,
        umask: UInt16? = nil
    ) throws(SpawnFailure) {
        guard !arguments.isEmpty, !candidates.isEmpty else {
            throw .refused(.command, arguments.first ?? "", "there is no command to run")
        }
        try Self.refuseNUL(arguments, .command)
        try Self.refuseNUL(candidates, .command)
        try Self.refuseNUL(environment, .environment)
        if let directory { try Self.refuseNUL([directory], .directory) }
        self.candidates = candidates
        self.directory = directory
        self.credentials = credentials
        self.umask = umask
        argumentTable = CStringTable(arguments)
        environmentTable = CStringTable(environment)
        candidateTable = CStringTable(candidates)
        directoryTable = CStringTable(directory.map { [$0] } ?? [])
        groups = .allocate(capacity: credentials?.groups.count ?? 0)
        _ = groups.initialize(from: credentials?.groups ?? [])
        argumentBytes = argumentTable.byteCount
        environmentBytes = environmentTable.byteCount
    }

    /// What children read stays until the last of them has executed or died; that is waited for.
    deinit {
        for attempt in attempts { swisord_attempt_free(attempt) }
        groups.deallocate()
    }

    /// Stands in `LISTEN_PID`, by which a program knows that a socket is meant for it
    /// (sd_listen_fds(3)), until the child has a pid; it is as long as a pid can be.
    package static let pidToCome = "0000000000"

    /// Writes the pid of the child into its environment.
    func tell(pid: Int32) {
        environmentTable.replace("LISTEN_PID=" + Self.pidToCome, by: "LISTEN_PID=\(pid)")
    }

    /// Memory for one more child; nil when there is none to be had.
    func makeAttempt() -> OpaquePointer? {
        if let free = attempts.first(where: { swisord_attempt_is_over($0) != 0 }) { return free }
        guard let attempt = swisord_attempt_make() else { return nil }
        attempts.append(attempt)
        return attempt
    }

    private static func refuseNUL(
        _ texts: [String],
        _ step: SpawnFailure.Step
    ) throws(SpawnFailure) {
        for text in texts where text.utf8.contains(0) {
            let name = text.prefix { $0 != "=" && $0 != "\0" }
            throw .refused(step, String(name), "holds a NUL byte")
        }
    }

    /// The paths at which a command may be found, as execvp looks for them.
    ///
    /// A command with a slash is its own only path. The search path is that of the program's
    /// environment; an empty element of it means the program's directory. No disk is touched:
    /// the child tries one after the other.
    package static func candidates(for command: String, searchPath: String?) -> [String] {
        if command.isEmpty || command.utf8.contains(UInt8(ascii: "/")) { return [command] }
        let path = searchPath ?? "/bin:/usr/bin:/usr/local/bin"
        return path.split(separator: ":", omittingEmptySubsequences: false).map { folder in
            folder.isEmpty
                ? command : folder.hasSuffix("/") ? folder + command : "\(folder)/\(command)"
        }
    }
}

extension SpawnFailure {
    /// A start that was refused before the kernel was asked, and will be again.
    static func refused(_ step: Step, _ subject: String, _ reason: String) -> SpawnFailure {
        SpawnFailure(
            step: step,
            subject: subject,
            errorNumber: 0,
            reason: reason,
            isPermanent: true
        )
    }
}

/// Strings as C wants them: a table of pointers that ends with NULL, in one block of memory.
final class CStringTable {
    let pointers: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    let byteCount: Int

    init(_ strings: [String]) {
        let tableSize = (strings.count + 1) * MemoryLayout<UnsafeMutablePointer<CChar>?>.stride
        byteCount = strings.reduce(0) { $0 + $1.utf8.count + 1 }
        let block = UnsafeMutableRawPointer.allocate(
            byteCount: tableSize + byteCount,
            alignment: MemoryLayout<UnsafeMutablePointer<CChar>?>.alignment
        )
        pointers = block.bindMemory(
            to: UnsafeMutablePointer<CChar>?.self,
            capacity: strings.count + 1
        )
        var text = (block + tableSize).bindMemory(to: CChar.self, capacity: byteCount)
        for (index, string) in strings.enumerated() {
            pointers[index] = text
            for byte in string.utf8 {
                text.pointee = CChar(bitPattern: byte)
                text += 1
            }
            text.pointee = 0
            text += 1
        }
        pointers[strings.count] = nil
    }

    /// Puts a text that is no longer in the place of another, which children that wait will read.
    func replace(_ old: String, by text: String) {
        precondition(text.utf8.count <= old.utf8.count)
        var entry = pointers
        while let found = entry.pointee {
            if strcmp(found, old) == 0 {
                for (index, byte) in (Array(text.utf8) + [0]).enumerated() {
                    found[index] = CChar(bitPattern: byte)
                }
                return
            }
            entry += 1
        }
    }

    deinit {
        UnsafeMutableRawPointer(pointers).deallocate()
    }
}
