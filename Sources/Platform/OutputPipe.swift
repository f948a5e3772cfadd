// SPDX-License-Identifier: Apache-2.0

private import CSpawn
private import Glibc
private import SystemPackage

/// A pipe for the output of a program that both sides can open anew, for reading and writing.
///
/// A program's end is opened O_RDWR through /proc/self/fd, so the program itself always holds a
/// reader: it gets no SIGPIPE and loses no line when the daemon is gone. Each start opens an end
/// of its own, so that a program that makes its standard output non-blocking does so for itself
/// alone. Unlike a named FIFO it takes no inode of a file system, which matters to a thousand.
package struct OutputPipe: Hashable, Sendable {
    /// The reader's number in this process; the path to the pipe for as long as it is open.
    package let number: Int32
    private let device: UInt64
    /// Which pipe it is, for as long as the machine runs.
    package let inode: UInt64
    /// Who is at it.
    package let turn: PipeTurn

    /// Makes a pipe and opens its reader's end, which is non-blocking and never at an end of file.
    ///
    /// - Parameter owner: The program's user, who may then open /dev/stdout again; nil for ours.
    /// - Returns: The reader; the pipe lives, and can be opened by `openEnd`, as long as it does.
    /// - Throws: `SystemError`; ENOENT where there is no /proc.
    package static func makeReader(
        owner: Credentials? = nil
    ) throws(SystemError) -> OwnedDescriptor {
        var ends: [Int32] = [-1, -1]
        _ = try retrying("pipe2") { swisord_pipe(&ends) }
        let first = OwnedDescriptor(owning: ends[0])
        let second = OwnedDescriptor(owning: ends[1])
        let path = Self.path(second.rawValue)
        let reader = OwnedDescriptor(
            owning: try retrying("open", path) { open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC) }
        )
        if let owner, owner.uid != geteuid() || owner.gid != getegid() {
            _ = try retrying("chown", "pipe") { fchown(reader.rawValue, owner.uid, owner.gid) }
        }
        _ = consume first
        return reader
    }

    /// The pipe that `reader` reads, as whoever moves its bytes takes turns.
    package init(readBy reader: borrowing OwnedDescriptor, _ turn: PipeTurn) throws(SystemError) {
        let status = try Self.status(of: reader)
        self.turn = turn
        number = reader.rawValue
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
    }

    /// Which pipe this is a reader of; nil when that cannot be told.
    package static func inode(of reader: borrowing OwnedDescriptor) -> UInt64? {
        (try? status(of: reader)).map { UInt64($0.st_ino) }
    }

    /// Opens a reader of the pipe that a running program writes to, which nobody else may read.
    ///
    /// - Parameters:
    ///   - pid: The program.
    ///   - descriptor: The program's own number for it, 1 or 2.
    ///   - inode: Which pipe it has to be.
    /// - Returns: nil when the program has sent that output elsewhere since.
    /// - Throws: `SystemError`; EACCES for a program that may not be looked into.
    package static func reader(
        of pid: Int32,
        descriptor: Int32,
        inode: UInt64
    ) throws(SystemError) -> OwnedDescriptor? {
        let path = "/proc/\(pid)/fd/\(descriptor)"
        let reader = OwnedDescriptor(
            owning: try retrying("open", path) {
                open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)
            }
        )
        let status = try Self.status(of: reader)
        guard status.st_mode & S_IFMT == S_IFIFO, UInt64(status.st_ino) == inode else { return nil }
        return reader
    }

    /// Opens a program's end.
    ///
    /// - Throws: `SystemError`; EBUSY while a log thread moves what is in it, ESTALE when the reader
    ///   has been closed and its number is another file's by now.
    func openEnd() throws(SystemError) -> OwnedDescriptor {
        let path = Self.path(number)
        let end = try turn.open(path, O_RDWR | O_CLOEXEC | O_NOCTTY)
        let status = try Self.status(of: end)
        guard UInt64(status.st_dev) == device, UInt64(status.st_ino) == inode else {
            throw SystemError("open", path, errno: .staleNFSFileHandle)
        }
        return end
    }

    /// How many bytes are in it; nil when that cannot be told, or not without waiting.
    package var waitingCount: Int? {
        var status = stat()
        guard fstat(number, &status) == 0, UInt64(status.st_ino) == inode else { return nil }
        let count = try? turn.whileIdle { () throws(SystemError) in
            var count: Int32 = 0
            _ = try retrying("ioctl") { ioctl(number, UInt(FIONREAD), &count) }
            return Int(count)
        }
        return count ?? nil
    }

    private static func path(_ number: Int32) -> String { "/proc/self/fd/\(number)" }

    private static func status(
        of descriptor: borrowing OwnedDescriptor
    ) throws(SystemError) -> stat {
        var status = stat()
        _ = try retrying("fstat") { fstat(descriptor.rawValue, &status) }
        return status
    }
}
