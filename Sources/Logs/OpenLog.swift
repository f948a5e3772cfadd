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
    /// Whether a pipe can be spliced to it; not every file system can do that.
    var isSpliceable: Bool

    private init(_ descriptor: consuming OwnedDescriptor, _ status: FileStatus) {
        self.descriptor = descriptor
        identity = status.identity
        isRegular = status.kind == .regular
        initialSize = isRegular ? status.size : 0
        isSpliceable = isRegular
    }

    private static let flags = O_RDWR

    /// Opens the log of a directory, or makes it with mode 0640.
    ///
    /// Never waits and never follows a link: whoever may write to the directory could otherwise
    /// turn a log of root's into a way to write to any file.
    static func open(
        in directory: borrowing LogDirectory,
        owner: LogFileSettings.Owner?
    ) throws(LogFileError) -> OpenLog {
        try InterruptedRotation.complete(in: directory)
        let name = directory.name
        do throws(LogFileError) {
            // Nearly always it is there, whenever a manager takes over.
            return try open(name, in: directory)
        } catch {
            guard error.isAbsence else { throw error }
        }
        if let made = try make(name, in: directory, owner: owner) { return made }
        return try open(name, in: directory)
    }

    /// Makes a file with mode 0640, or answers nil when the name is taken.
    static func make(
        _ name: String,
        in directory: borrowing LogDirectory,
        owner: LogFileSettings.Owner?
    ) throws(LogFileError) -> OpenLog? {
        do {
            let descriptor = try directory.open(name, flags | O_CREAT | O_EXCL, mode: 0o640)
            // Only who made a file gives it away. A log of the wrong user is better than none.
            if let owner { try? descriptor.change(owner: owner) }
            let status = try descriptor.status()
            return OpenLog(descriptor, status)
        } catch  where error == .fileExists {
            return nil
        } catch {
            throw LogFileError("open", directory.path(of: name), error)
        }
    }

    /// Opens a file that is there, if it is fit to be a log, and goes to its end.
    static func open(
        _ name: String,
        in directory: borrowing LogDirectory
    ) throws(LogFileError) -> OpenLog {
        let log: OpenLog
        let status: FileStatus
        do {
            let descriptor = try directory.open(name, flags)
            status = try descriptor.status()
            log = OpenLog(descriptor, status)
        } catch {
            throw LogFileError("open", directory.path(of: name), error)
        }
        if let objection = directory.objection(to: status, named: name) { throw objection }
        guard log.isRegular else { return log }
        do { try log.descriptor.seek(to: status.size) } catch {
            throw LogFileError("seek", directory.path(of: name), error)
        }
        return log
    }
}
