// SPDX-License-Identifier: Apache-2.0

private import CSpawn
private import Glibc
private import SystemPackage

/// A pipe for the standard input of one run of a program.
///
/// The program's end is opened O_RDWR through /proc/self/fd: it holds a writer itself, so it never
/// comes to an end of file, whoever of us dies. Our end can only write: when the program has closed
/// its own, we are told.
package struct InputPipe: ~Copyable {
    /// What the program reads from.
    package let end: OwnedDescriptor
    /// What we write to; never waits.
    package let writer: OwnedDescriptor

    /// Makes a pipe.
    ///
    /// - Parameter owner: The program's user, who may then open /dev/stdin again; nil for ours.
    /// - Throws: `SystemError` when the kernel is out of descriptors, or of pages for pipes.
    package init(owner: Credentials? = nil) throws(SystemError) {
        var ends: [Int32] = [-1, -1]
        _ = try retrying("pipe2") { swisord_pipe(&ends) }
        let reader = OwnedDescriptor(owning: ends[0])
        let writer = OwnedDescriptor(owning: ends[1])
        if let owner, owner.uid != geteuid() || owner.gid != getegid() {
            _ = try retrying("chown", "pipe") { fchown(reader.rawValue, owner.uid, owner.gid) }
        }
        _ = try retrying("fcntl", "pipe") { fcntl(writer.rawValue, F_SETFL, O_NONBLOCK) }
        let path = "/proc/self/fd/\(reader.rawValue)"
        do throws(SystemError) {
            let number = try retrying("open", path) { open(path, O_RDWR | O_CLOEXEC | O_NOCTTY) }
            end = OwnedDescriptor(owning: number)
        } catch {
            // Where there is no /proc, its input ends when nobody is left to write to it.
            guard error.errno == .noSuchFileOrDirectory else { throw error }
            end = reader
        }
        self.writer = writer
    }

    /// The numbers of both ends, which are the caller's from now on.
    package consuming func parts() -> (end: Int32, writer: Int32) {
        (end.release(), writer.release())
    }

    /// Opens our end of the pipe that a running program was given by an earlier daemon.
    ///
    /// - Returns: nil when its standard input is none of ours.
    /// - Throws: `SystemError`; EACCES for a program that may not be looked into.
    package static func writer(of pid: Int32) throws(SystemError) -> OwnedDescriptor? {
        let path = "/proc/\(pid)/fd/0"
        let writer = OwnedDescriptor(
            owning: try retrying("open", path) {
                open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)
            }
        )
        var status = stat()
        _ = try retrying("fstat") { fstat(writer.rawValue, &status) }
        guard status.st_mode & S_IFMT == S_IFIFO else { return nil }
        return writer
    }

    /// Writes what there is room for, without waiting.
    ///
    /// - Returns: How many bytes were taken.
    /// - Throws: `SystemError`; EPIPE when the program has closed its end.
    package static func write(
        _ bytes: some Collection<UInt8>,
        to writer: borrowing OwnedDescriptor
    ) throws(SystemError) -> Int {
        guard !bytes.isEmpty else { return 0 }
        let bytes = Array(bytes)
        do throws(SystemError) {
            return try retrying("write", "pipe") {
                bytes.withUnsafeBytes { Glibc.write(writer.rawValue, $0.baseAddress, $0.count) }
            }
        } catch {
            guard error.errno == .resourceTemporarilyUnavailable else { throw error }
            return 0
        }
    }
}
