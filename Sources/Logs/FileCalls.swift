// SPDX-License-Identifier: Apache-2.0

private import Glibc
import Platform
import SystemPackage

/// The file system calls of this target. All pointers of it are in this file.
extension OwnedDescriptor {
    /// O_PATH, which the overlay lacks: for lookups, also where reading is not allowed.
    static let lookup: Int32 = 0o10_000_000

    /// Opens a file, always with O_CLOEXEC and O_NOCTTY.
    static func open(_ path: String, _ flags: Int32, mode: UInt32 = 0) throws(Errno) -> Self {
        OwnedDescriptor(
            owning: try answering { Glibc.open(path, flags | O_CLOEXEC | O_NOCTTY, mode) }
        )
    }

    /// A second descriptor of the same open file.
    static func duplicate(of number: Int32) throws(Errno) -> Self {
        OwnedDescriptor(owning: try answering { fcntl(number, F_DUPFD_CLOEXEC, 3) })
    }

    /// Reads up to the length of `buffer` into it; 0 at the end of file.
    borrowing func read(into buffer: inout [UInt8]) throws(Errno) -> Int {
        try answering { Glibc.read(rawValue, &buffer, buffer.count) }
    }

    /// As `read(into:)`, but not more than `count` bytes.
    borrowing func read(into buffer: inout [UInt8], upTo count: Int) throws(Errno) -> Int {
        try answering { Glibc.read(rawValue, &buffer, min(count, buffer.count)) }
    }

    /// Reads `count` bytes from `offset` on, fewer where the file ends.
    borrowing func read(count: Int, at offset: Int) throws(Errno) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let got = try answering {
                bytes.withUnsafeMutableBytes {
                    pread(
                        rawValue,
                        $0.baseAddress.map { $0 + filled },
                        count - filled,
                        off_t(offset + filled)
                    )
                }
            }
            if got == 0 { break }
            filled += got
        }
        bytes.removeLast(count - filled)
        return bytes
    }

    /// Writes some of the bytes and answers how many.
    borrowing func write(_ bytes: ArraySlice<UInt8>) throws(Errno) -> Int {
        try answering {
            bytes.withUnsafeBytes { Glibc.write(rawValue, $0.baseAddress, $0.count) }
        }
    }

    /// Opens what has this name in this directory, always with O_CLOEXEC and O_NOCTTY.
    borrowing func openEntry(
        _ name: String,
        _ flags: Int32,
        mode: UInt32 = 0
    ) throws(Errno) -> OwnedDescriptor {
        OwnedDescriptor(
            owning: try answering {
                openat(rawValue, name, flags | O_CLOEXEC | O_NOCTTY, mode)
            }
        )
    }

    /// The status of what has this name in this directory, not of what a link there points to.
    borrowing func status(ofEntry name: String) throws(Errno) -> FileStatus {
        var record = stat()
        _ = try answering { fstatat(rawValue, name, &record, AT_SYMLINK_NOFOLLOW) }
        return FileStatus(record)
    }

    /// Gives an entry of this directory another name, replacing what had it.
    borrowing func renameEntry(_ old: String, to new: String) throws(Errno) {
        _ = try answering { renameat(rawValue, old, rawValue, new) }
    }

    borrowing func removeEntry(_ name: String) throws(Errno) {
        _ = try answering { unlinkat(rawValue, name, 0) }
    }

    /// Where this link, opened with O_PATH, points to.
    borrowing func linkTarget() throws(Errno) -> String {
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = try answering {
            buffer.withUnsafeMutableBytes {
                guard let start = $0.assumingMemoryBound(to: CChar.self).baseAddress else {
                    return 0
                }
                return readlinkat(rawValue, "", start, $0.count)
            }
        }
        return String(decoding: buffer[..<count], as: UTF8.self)
    }

    borrowing func seek(to offset: Int) throws(Errno) {
        _ = try answering { lseek(rawValue, off_t(offset), SEEK_SET) }
    }

    borrowing func truncate(to size: Int) throws(Errno) {
        _ = try answering { ftruncate(rawValue, off_t(size)) }
    }

    borrowing func change(mode: UInt32) throws(Errno) {
        _ = try answering { fchmod(rawValue, mode) }
    }

    borrowing func change(owner: LogFileSettings.Owner) throws(Errno) {
        _ = try answering { fchown(rawValue, owner.user, owner.group) }
    }

    /// Gives this pipe room for so many bytes (F_SETPIPE_SZ); a plain user may be refused.
    borrowing func widenPipe(to bytes: Int32) {
        // The command as fcntl(2) has it; the overlay lacks its name.
        _ = fcntl(rawValue, 1031, bytes)
    }

    /// How many bytes wait in this pipe.
    borrowing func waitingCount() throws(Errno) -> Int {
        var count: Int32 = 0
        _ = try answering { ioctl(rawValue, UInt(FIONREAD), &count) }
        return Int(count)
    }

    /// Whether a write would be taken now.
    borrowing func canBeWritten(within milliseconds: Int32 = 0) -> Bool {
        var request = pollfd(fd: rawValue, events: Int16(POLLOUT), revents: 0)
        return poll(&request, 1, milliseconds) > 0
    }

    borrowing func status() throws(Errno) -> FileStatus {
        var record = stat()
        _ = try answering { fstat(rawValue, &record) }
        return FileStatus(record)
    }
}

/// A descriptor where an optional one is kept and passed about; closed with the last reference.
final class DescriptorBox: Sendable {
    let descriptor: OwnedDescriptor
    /// Which pipe it is; nil where that cannot be told.
    let identity: FileStatus.Identity?
    /// Whose turn it is with this pipe, where others do something to it as well.
    private let turn: PipeTurn?

    init(_ descriptor: consuming OwnedDescriptor, _ turn: PipeTurn? = nil) {
        identity = try? descriptor.status().identity
        self.descriptor = descriptor
        self.turn = turn
    }

    /// Moves up to `count` bytes from this pipe to a file, when it is the turn of nobody else.
    func splice(to file: borrowing OwnedDescriptor, count: Int) throws(Errno) -> Int {
        turn?.begin()
        defer { turn?.end() }
        return try descriptor.splice(to: file, count: count)
    }
}

/// What is known of a file.
struct FileStatus: Hashable {
    enum Kind: String {
        case regular = "a file"
        case directory = "a directory"
        case pipe = "a pipe"
        case link = "a symbolic link"
        case characterDevice = "a device"
        case other = "not a file"
    }

    /// Which file it is, whatever its name.
    struct Identity: Hashable {
        let device: UInt64
        let number: UInt64
    }

    let identity: Identity
    let kind: Kind
    let size: Int
    let links: Int
    let mode: UInt32
    let owner: LogFileSettings.Owner

    /// Whether its group or everybody may write to it.
    var isWritableByOthers: Bool { mode & 0o022 != 0 }

    fileprivate init(_ record: stat) {
        identity = Identity(device: UInt64(record.st_dev), number: UInt64(record.st_ino))
        kind =
            switch record.st_mode & S_IFMT {
            case S_IFREG: .regular
            case S_IFDIR: .directory
            case S_IFIFO: .pipe
            case S_IFLNK: .link
            case S_IFCHR: .characterDevice
            default: .other
            }
        size = Int(record.st_size)
        links = Int(record.st_nlink)
        mode = record.st_mode & 0o777
        owner = LogFileSettings.Owner(user: record.st_uid, group: record.st_gid)
    }

    /// The status of what has this name, not of what a link there points to.
    init(path: String) throws(Errno) {
        var record = stat()
        _ = try answering { lstat(path, &record) }
        self.init(record)
    }
}

/// Whether this process may do what it likes with the files of others.
func isPrivileged() -> Bool {
    geteuid() == 0
}

/// Has writes to a closed pipe and beyond the limit for file sizes fail instead of killing us.
func holdBackWriteSignals() {
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGPIPE)
    sigaddset(&signals, SIGXFSZ)
    pthread_sigmask(SIG_BLOCK, &signals, nil)
}

private func answering<Result: SignedInteger>(_ call: () -> Result) throws(Errno) -> Result {
    while true {
        let result = call()
        if result != -1 { return result }
        if Glibc.errno != EINTR { throw Errno(rawValue: Glibc.errno) }
    }
}

extension OwnedDescriptor {
    /// A socket that sends datagrams to the one at `path`.
    static func datagramSocket(to path: String) throws(Errno) -> Self {
        let kind = Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let made = OwnedDescriptor(owning: try answering { socket(AF_UNIX, kind, 0) })
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let name = Array(path.utf8)
        guard name.count < MemoryLayout.size(ofValue: address.sun_path) else {
            throw .fileNameTooLong
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
        _ = try answering {
            withUnsafePointer(to: address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(made.rawValue, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
        }
        return made
    }

    /// Sends one datagram, without waiting for room.
    borrowing func send(_ message: [UInt8]) throws(Errno) {
        _ = try answering {
            Glibc.send(
                rawValue,
                message,
                message.count,
                Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL)
            )
        }
    }
}
