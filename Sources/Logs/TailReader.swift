// SPDX-License-Identifier: Apache-2.0

private import Glibc
import Platform
import SystemPackage

/// Reads the end of a log, whatever bytes are in it.
struct TailReader {
    private let path: String
    private let log: OpenLog
    private let size: Int

    /// More than this is not read at once, however much is asked for.
    static let most = 16 * 1024 * 1024

    init(path: String, log: OpenLog, size: Int) {
        self.path = path
        self.log = log
        self.size = size
    }

    /// The last `count` bytes; what a short file lacks is taken from the newest backup.
    func last(_ count: Int, hasBackup: Bool) throws(LogFileError) -> [UInt8] {
        let count = min(max(0, count), Self.most)
        let own = min(count, size)
        let bytes: [UInt8]
        do {
            bytes = try log.descriptor.read(count: own, at: size - own)
        } catch {
            throw LogFileError("read", path, error)
        }
        guard hasBackup, own < count else { return bytes }
        return backup(last: count - own) + bytes
    }

    /// The end of `.1`; nothing where there is none or it cannot be read.
    private func backup(last count: Int) -> [UInt8] {
        let name = RotationPlan.name(of: path, 1)
        guard let file = try? OwnedDescriptor.open(name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK),
            let status = try? file.status(), status.kind == .regular
        else { return [] }
        let part = min(count, status.size)
        return (try? file.read(count: part, at: status.size - part)) ?? []
    }
}
