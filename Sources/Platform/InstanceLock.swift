// SPDX-License-Identifier: Apache-2.0

private import CSpawn
private import Glibc
private import SystemPackage

/// The right to be the one daemon of a runtime directory; given up when this value goes, or with
/// the process, however it dies, unless a guardian keeps the open file for the next manager.
///
/// The lock is on the open file (`flock`), never on its existence, so a stale file is harmless.
/// The file stays when the lock goes: removing it would let two processes lock two files of one
/// name. Take it after becoming a daemon, since it holds the pid.
package struct InstanceLock: ~Copyable {
    /// Why the lock was not taken.
    package enum Failure: Error, Hashable, Sendable, CustomStringConvertible {
        /// Another process holds it; its pid is nil when it has not written it yet.
        case held(path: String, by: Int32?)
        case notAFile(path: String)
        case system(SystemError)

        /// One line such as `/run/swisord/lock is held by pid 42`.
        package var description: String {
            switch self {
            case .held(let path, let pid?): "\(path) is held by pid \(pid)"
            case .held(let path, nil): "\(path) is held by another process"
            case .notAFile(let path): "\(path) is not a plain file of this user"
            case .system(let error): error.description
            }
        }
    }

    /// The open file that holds the lock.
    package let file: OwnedDescriptor

    /// The lock that an earlier manager has taken, by the open file that it left.
    package init(heldBy file: consuming OwnedDescriptor) {
        self.file = file
    }

    /// Takes the lock without waiting, and writes into its file who holds it.
    ///
    /// - Parameters:
    ///   - path: The lock's file, made when it is missing.
    ///   - pid: The process that people are to be sent to.
    /// - Throws: `Failure`, after which nothing has been changed.
    package init(path: String, pid: Int32 = getpid()) throws(Failure) {
        for _ in 1...100 {
            let file = try Self.open(path)
            guard swisord_lock(file.rawValue) == 0 else {
                if errno == EWOULDBLOCK { throw .held(path: path, by: Self.holder(file)) }
                if errno == EINTR { continue }
                throw .system(.last("flock", path))
            }
            // Somebody may have removed the file between open and flock; then the lock is worthless.
            guard try Self.isStill(file, at: path) else { continue }
            try Self.write(pid, to: file, path)
            self.file = file
            return
        }
        throw .system(SystemError("flock", path, errno: .resourceBusy))
    }

    /// Waits until nobody holds the lock any more; it is not taken.
    ///
    /// - Parameters:
    ///   - path: The lock's file.
    ///   - limit: How long at most.
    package static func waitUntilFree(_ path: String, within limit: Duration) {
        _ = try? Patience(limit: limit).call("lock") {
            guard let file = try? open(path, making: 0) else { return }
            while swisord_lock_waiting(file.rawValue) != 0, errno == EINTR {}
        }
    }

    /// Writes into the file of a lock that is held who people are to be sent to from now on.
    ///
    /// - Throws: `Failure`, also when the file is not there any more.
    package static func rename(_ path: String, to pid: Int32) throws(Failure) {
        try write(pid, to: try open(path, making: 0), path)
    }

    private static func open(
        _ path: String,
        making: Int32 = O_CREAT
    ) throws(Failure) -> OwnedDescriptor {
        let flags = O_RDWR | making | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK
        let number = Glibc.open(path, flags, 0o600)
        guard number >= 0 else { throw .system(.last("open", path)) }
        let file = OwnedDescriptor(owning: number)
        var status = stat()
        guard fstat(file.rawValue, &status) == 0 else { throw .system(.last("fstat", path)) }
        guard status.st_mode & S_IFMT == S_IFREG, status.st_uid == geteuid() else {
            throw .notAFile(path: path)
        }
        return file
    }

    private static func isStill(
        _ file: borrowing OwnedDescriptor,
        at path: String
    ) throws(Failure) -> Bool {
        var opened = stat()
        var named = stat()
        guard fstat(file.rawValue, &opened) == 0 else { throw .system(.last("fstat", path)) }
        guard lstat(path, &named) == 0 else { return false }
        return opened.st_dev == named.st_dev && opened.st_ino == named.st_ino
    }

    private static func holder(_ file: borrowing OwnedDescriptor) -> Int32? {
        var buffer = [UInt8](repeating: 0, count: 32)
        let count = pread(file.rawValue, &buffer, buffer.count, 0)
        guard count > 0 else { return nil }
        let line = buffer.prefix(count).prefix { $0 != UInt8(ascii: "\n") }
        return Int32(String(decoding: line, as: UTF8.self))
    }

    private static func write(
        _ pid: Int32,
        to file: borrowing OwnedDescriptor,
        _ path: String
    ) throws(Failure) {
        let line = Array("\(pid)\n".utf8)
        guard ftruncate(file.rawValue, 0) == 0,
            pwrite(file.rawValue, line, line.count, 0) == line.count
        else { throw .system(.last("write", path)) }
    }
}
