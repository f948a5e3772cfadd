// SPDX-License-Identifier: Apache-2.0

private import Glibc
import Platform
import SystemPackage

/// Reads the end of a log, whatever bytes are in it.
struct TailReader {
    private let settings: LogFileSettings
    private let log: OpenLog
    private let size: Int

    /// More than this is not read at once, however much is asked for.
    static let most = 16 * 1024 * 1024

    init(settings: LogFileSettings, log: OpenLog, size: Int) {
        self.settings = settings
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
            throw LogFileError("read", settings.path, error)
        }
        guard hasBackup, own < count else { return bytes }
        return backup(last: count - own) + bytes
    }

    /// The end of `.1`; nothing where there is none or it cannot be read.
    private func backup(last count: Int) -> [UInt8] {
        guard let directory = try? LogDirectory.open(of: settings.path, user: settings.owner),
            let file = try? directory.open(directory.name(1), O_RDONLY),
            let status = try? file.status(), status.kind == .regular,
            directory.objection(to: status, named: directory.name(1)) == nil
        else { return [] }
        let part = min(count, status.size)
        return (try? file.read(count: part, at: status.size - part)) ?? []
    }
}
