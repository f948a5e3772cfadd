// SPDX-License-Identifier: Apache-2.0

private import Glibc
private import Supervision
private import SystemPackage

/// A file of slots of 1 KiB that outlives the manager, and each of which is whole or not there.
///
/// The first holds what file this is: a mark, a version, the boot. Each other holds a length, a
/// checksum and so many bytes, written with one call: a SIGKILL comes before it or after it. The
/// page cache keeps what was written, so nothing is synced: a crash of the machine ends the boot,
/// and with it all that the file speaks of. It is never mapped, because a full tmpfs would answer
/// with SIGBUS. An error is told and leaves the slot as it was or damaged, never believed.
package struct StateFile: ~Copyable, Sendable {
    /// Why a file cannot be used.
    package enum Failure: Error, Hashable, Sendable, CustomStringConvertible {
        case system(SystemError)
        /// A directory, a device, or a file of another user.
        case notAFile(path: String)
        /// It does not begin as a state file does.
        case foreign
        case version(UInt32)

        /// One line such as `it is a state file of version 7, which this swisord cannot read`.
        package var description: String {
            switch self {
            case .system(let error): error.description
            case .notAFile(let path): "\(path) is not a plain file of this user"
            case .foreign: "it is not a state file"
            case .version(let version):
                "it is a state file of version \(version), which this swisord cannot read"
            }
        }
    }

    /// What a file holds.
    package struct Contents: Hashable, Sendable {
        package var slots: [Int: ArraySlice<UInt8>] = [:]
        /// Slots that hold something which is not what was written, in order.
        package var damaged: [Int] = []
    }

    package static let slotSize = 1024
    /// The most bytes that one slot holds.
    package static let capacity = slotSize - 8
    package static let mostSlots = 65_536

    private static let mark: [UInt8] = Array("swisord\n".utf8)
    private static let version: UInt32 = 1

    package let descriptor: OwnedDescriptor
    /// The boot in which the file was made.
    package let boot: BootID

    /// Which file it is: no other of this boot has this text as long as it exists.
    package var identity: String {
        var status = stat()
        guard fstat(descriptor.rawValue, &status) == 0 else { return "" }
        return "\(status.st_dev):\(status.st_ino)"
    }

    private init(descriptor: consuming OwnedDescriptor, boot: BootID) {
        self.descriptor = descriptor
        self.boot = boot
    }

    // MARK: - Making and opening

    /// Makes an empty file in the place of whatever had this name, once it is complete.
    package static func create(_ path: String, boot: BootID) throws(Failure) -> StateFile {
        let draft = "\(path).\(getpid())"
        _ = unlink(draft)
        let flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        let descriptor = OwnedDescriptor(
            owning: try system("open", draft) { Glibc.open(draft, flags, 0o600) }
        )
        do throws(Failure) {
            var header = BinaryWriter()
            header.write(version)
            header.write(boot.text)
            let bytes = mark + frame(header.bytes, slot: -1)
            try put(bytes, at: 0, descriptor)
            _ = try system("rename", path) { rename(draft, path) }
        } catch {
            _ = unlink(draft)
            throw error
        }
        return StateFile(descriptor: descriptor, boot: boot)
    }

    /// Opens a file that another process has made; a symbolic link is not followed.
    package static func open(_ path: String) throws(Failure) -> StateFile {
        let flags = O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY
        let number = try system("open", path) { Glibc.open(path, flags) }
        return try StateFile(owning: OwnedDescriptor(owning: number), path: path)
    }

    /// Takes over the open descriptor of a file.
    package init(
        owning descriptor: consuming OwnedDescriptor,
        path: String = "the state file"
    ) throws(Failure) {
        let number = descriptor.rawValue
        var status = stat()
        _ = try Self.system("fstat", path) { fstat(number, &status) }
        guard status.st_mode & S_IFMT == S_IFREG, status.st_uid == geteuid() else {
            throw .notAFile(path: path)
        }
        let header = try Self.get(Self.slotSize, at: 0, descriptor)
        guard header.starts(with: Self.mark),
            let payload = try? Self.unframe(header.dropFirst(Self.mark.count), slot: -1)
        else { throw .foreign }
        var reader = BinaryReader(payload)
        guard let version = try? reader.number(UInt32.self) else { throw .foreign }
        guard version == Self.version else { throw .version(version) }
        guard let text = try? reader.text(atMost: 64) else { throw .foreign }
        self.descriptor = descriptor
        boot = BootID(text: text)
    }

    // MARK: - Slots

    /// Writes a slot: at most `capacity` bytes, not none.
    ///
    /// - Throws: `Failure` of `pwrite`; ENOSPC for a full file system, EINVAL for what no slot
    ///   holds. The slot may be damaged then.
    package borrowing func write(_ bytes: [UInt8], to slot: Int) throws(Failure) {
        guard (0..<Self.mostSlots).contains(slot), (1...Self.capacity).contains(bytes.count) else {
            throw .system(SystemError("pwrite", "slot \(slot)", errno: .invalidArgument))
        }
        try Self.put(Self.frame(bytes, slot: slot), at: Self.offset(slot), descriptor)
    }

    /// Makes a slot empty.
    package borrowing func erase(_ slot: Int) throws(Failure) {
        guard (0..<Self.mostSlots).contains(slot) else {
            throw .system(SystemError("pwrite", "slot \(slot)", errno: .invalidArgument))
        }
        try Self.put([UInt8](repeating: 0, count: 8), at: Self.offset(slot), descriptor)
    }

    /// Reads all slots that hold something.
    package borrowing func readAll() throws(Failure) -> Contents {
        var contents = Contents()
        let chunk = 64
        for first in stride(from: 0, to: Self.mostSlots, by: chunk) {
            let bytes = try Self.get(chunk * Self.slotSize, at: Self.offset(first), descriptor)
            for start in stride(from: 0, to: bytes.count, by: Self.slotSize) {
                let slot = first + start / Self.slotSize
                let piece = bytes[start..<min(start + Self.slotSize, bytes.count)]
                do throws(BinaryFault) {
                    let payload = try Self.unframe(piece, slot: slot)
                    // A copy, so that the piece of the file does not stay as long as it does.
                    if !payload.isEmpty { contents.slots[slot] = Array(payload)[...] }
                } catch {
                    contents.damaged.append(slot)
                }
            }
            if bytes.count < chunk * Self.slotSize { break }
        }
        return contents
    }

    private static func offset(_ slot: Int) -> Int { (slot + 1) * slotSize }

    /// Length and checksum; the number of the slot is part of what is summed.
    private static func frame(_ bytes: [UInt8], slot: Int) -> [UInt8] {
        var writer = BinaryWriter(capacity: bytes.count + 8)
        writer.write(UInt32(truncatingIfNeeded: bytes.count))
        writer.write(checksum(bytes[...], slot))
        return writer.bytes + bytes
    }

    private static func unframe(
        _ piece: ArraySlice<UInt8>,
        slot: Int
    ) throws(BinaryFault) -> ArraySlice<UInt8> {
        var reader = BinaryReader(piece)
        let length = Int(try reader.word())
        let sum = try reader.word()
        if length == 0, sum == 0 { return [] }
        guard (1...capacity).contains(length) else { throw .range }
        let payload = try reader.take(length)
        guard checksum(payload, slot) == sum else { throw .checksum }
        return payload
    }

    private static func checksum(_ bytes: ArraySlice<UInt8>, _ slot: Int) -> UInt32 {
        var whole = BinaryWriter(capacity: bytes.count + 4)
        whole.write(Int32(truncatingIfNeeded: slot))
        return Checksum.of(whole.bytes + bytes)
    }

    // MARK: - Calls

    private static func put(
        _ bytes: [UInt8],
        at offset: Int,
        _ descriptor: borrowing OwnedDescriptor
    ) throws(Failure) {
        let number = descriptor.rawValue
        let count = try system("pwrite", "the state file") {
            pwrite(number, bytes, bytes.count, off_t(offset))
        }
        guard count == bytes.count else {
            throw .system(SystemError("pwrite", "the state file", errno: .noSpace))
        }
    }

    /// Up to so many bytes; fewer at the end of the file.
    private static func get(
        _ count: Int,
        at offset: Int,
        _ descriptor: borrowing OwnedDescriptor
    ) throws(Failure) -> [UInt8] {
        let number = descriptor.rawValue
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: count)
        while bytes.count < count {
            let got = try system("pread", "the state file") {
                pread(number, &buffer, count - bytes.count, off_t(offset + bytes.count))
            }
            if got == 0 { break }
            bytes += buffer.prefix(got)
        }
        return bytes
    }

    private static func system<Result: SignedInteger>(
        _ operation: String,
        _ subject: String,
        _ call: () -> Result
    ) throws(Failure) -> Result {
        do throws(SystemError) {
            return try retrying(operation, subject, call)
        } catch {
            throw .system(error)
        }
    }
}
