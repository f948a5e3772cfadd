// SPDX-License-Identifier: Apache-2.0

private import Glibc
import Platform
import SystemPackage

/// A log file that is open: the descriptor, and which file it is.
///
/// Opened without O_APPEND, which `splice` refuses, and positioned at the end: a log has one
/// writer. Readable too, so that its tail can be had even after it was renamed.
final class OpenLog {
    let descriptor: OwnedDescriptor
    let identity: FileStatus.Identity
    /// False for a device, which is written plainly and has neither size nor position.
    let isRegular: Bool
    /// How large the file was when it was opened.
    let initialSize: Int

    private init(_ descriptor: consuming OwnedDescriptor, _ status: FileStatus) {
        self.descriptor = descriptor
        identity = status.identity
        isRegular = status.kind == .regular
        initialSize = isRegular ? status.size : 0
    }

    /// Opens the file of this name, or makes it with mode 0640.
    ///
    /// Never waits and never follows a link: whoever may write to the directory could otherwise
    /// turn a log of root's into a way to write to any file.
    static func open(
        _ path: String,
        owner: LogFileSettings.Owner?,
        mustBeNew: Bool = false
    ) throws(LogFileError) -> OpenLog {
        let log: OpenLog
        let status: FileStatus
        do throws(Errno) {
            let made = try create(path, owner: owner)
            if let made { return made }
            if mustBeNew { throw Errno.fileExists }
            let descriptor = try OwnedDescriptor.open(path, flags)
            status = try descriptor.status()
            log = OpenLog(descriptor, status)
        } catch {
            throw LogFileError("open", path, error)
        }
        return try checked(path, log, status)
    }

    private static let flags = O_RDWR | O_NOFOLLOW | O_NONBLOCK

    /// Makes the file, or answers nil when the name is taken; only who made a file gives it away.
    private static func create(
        _ path: String,
        owner: LogFileSettings.Owner?
    ) throws(Errno) -> OpenLog? {
        do {
            let descriptor = try OwnedDescriptor.open(path, flags | O_CREAT | O_EXCL, mode: 0o640)
            // A log that belongs to the wrong user is better than none.
            if let owner { try? descriptor.change(owner: owner) }
            let status = try descriptor.status()
            return OpenLog(descriptor, status)
        } catch  where error == .fileExists {
            return nil
        }
    }

    private static func checked(
        _ path: String,
        _ log: OpenLog,
        _ status: FileStatus
    ) throws(LogFileError) -> OpenLog {
        switch status.kind {
        case .regular:
            if status.links > 1, isPrivileged() { throw .hardLinked(path: path) }
            do { try log.descriptor.seek(to: status.size) } catch {
                throw LogFileError("seek", path, error)
            }
            return log
        case .characterDevice:
            return log
        case .directory, .pipe, .link, .other:
            throw .unfit(path: path, status.kind)
        }
    }
}
