// SPDX-License-Identifier: Apache-2.0

import Platform
import Supervision
import SystemPackage

/// A log file that outlives full disks, kills and other people's hands.
///
/// `prepare` comes before each batch: it opens what is not open, and notices that the file was
/// deleted, renamed or emptied by others. A full disk, a missing directory or a refused rotation
/// becomes `trouble`, is tried again with the next batch, and ends the trouble when it succeeds.
final class RotatingFile {
    /// Changing them takes effect with the next byte.
    var settings: LogFileSettings
    private(set) var log: OpenLog?
    /// How long the log is, and where it is written next.
    var size = 0

    private var openError: LogFileError?
    var writeError: LogFileError?
    private var rotationError: LogFileError?
    private var nextRotation: Instant?
    private var nextLook: Instant?

    /// How long a check of the name, or a failed rotation, is good for.
    private static let patience = Duration.seconds(1)

    /// Opens the file.
    convenience init(_ settings: LogFileSettings, at now: Instant) {
        self.init(unopened: settings)
        prepare(at: now)
    }

    /// Leaves the file to be opened by the first `prepare`.
    init(unopened settings: LogFileSettings) {
        self.settings = settings
    }

    /// Whether nobody has tried to open it yet.
    var isUnopened: Bool { log == nil && openError == nil }

    var path: String { settings.path }

    /// What is wrong now, in one line.
    var trouble: String? {
        (openError ?? writeError ?? rotationError)?.description
    }

    /// What a rotated file may reach; nil when there is no limit.
    var limit: Int? {
        settings.maxBytes > 0 && log?.isRegular == true ? settings.maxBytes : nil
    }

    // MARK: Finding the file

    /// Makes sure that what is written next goes to the file that has the log's name.
    func prepare(at now: Instant) {
        guard let log else { return reopen() }
        guard log.isRegular, let status = try? log.descriptor.status() else { return }
        if status.links == 0 {
            // Nobody can ever read what is written there, so better count it as lost.
            self.log = nil
            return reopen()
        }
        if status.size != size { resume(log, at: status.size) }
        if let nextLook, now < nextLook { return }
        nextLook = now.advanced(by: Self.patience)
        // What stood in its place may have given it back.
        if hasItsName(log) { openError = nil } else { reopen() }
    }

    /// Opens the file anew; keeps writing to the old one where that fails.
    func reopen() {
        do throws(LogFileError) {
            let opened = try OpenLog.open(in: directory(), owner: settings.owner)
            log = opened
            size = opened.initialSize
            openError = nil
            writeError = nil
        } catch {
            openError = error
        }
    }

    /// Makes the file where there is none, and sees whether it could be written to.
    ///
    /// It is open only from the first byte on: most of a thousand logs get none for long, and a
    /// process with so many descriptors takes its time to end, while its successor waits.
    func look(at now: Instant) {
        guard isUnopened else { return }
        prepare(at: now)
        log = nil
    }

    private func directory() throws(LogFileError) -> LogDirectory {
        try LogDirectory.open(of: path, user: settings.owner)
    }

    private func hasItsName(_ log: OpenLog) -> Bool {
        guard let directory = try? directory() else { return false }
        return directory.status(directory.name)?.identity == log.identity
    }

    /// Others have emptied the file, or written to it.
    private func resume(_ log: OpenLog, at end: Int) {
        if (try? log.descriptor.seek(to: end)) != nil { size = end }
    }

    // MARK: Rotating

    func mayRotate(at now: Instant) -> Bool {
        nextRotation.map { now >= $0 } ?? true
    }

    /// The length of the line that the file ends in the middle of; nil when it is too long.
    func openLine(_ log: OpenLog) -> Int? {
        let count = min(size, RotationCut.horizon)
        guard let tail = try? log.descriptor.read(count: count, at: size - count) else {
            return nil
        }
        return tail.lastIndex(of: 0x0A).map { tail.count - $0 - 1 }
    }

    /// Starts a new file; where that fails the old one grows beyond its limit for a while.
    ///
    /// `count` is the length of the line that the file ends in the middle of.
    func rotate(_ log: OpenLog, carrying count: Int, at now: Instant) {
        guard hasItsName(log) else {
            // It was renamed by somebody else: their file, not ours to number.
            nextRotation = now.advanced(by: Self.patience)
            return reopen()
        }
        do throws(LogFileError) {
            do throws(LogFileError) {
                try rotate(log, carrying: count)
            } catch {
                guard count > 0 else { throw error }
                // There may be no room for the line in a second place.
                try rotate(log, carrying: 0)
            }
            rotationError = nil
        } catch {
            rotationError = error
            nextRotation = now.advanced(by: Self.patience)
            // It may have lost its name.
            nextLook = now
        }
    }

    private func rotate(_ log: OpenLog, carrying count: Int) throws(LogFileError) {
        let rotation = try Rotation.plan(for: log, size: size, carrying: count, settings)
        (self.log, size) = try rotation.perform()
    }

    /// Removes the backup with the highest number; answers how many bytes that cost.
    ///
    /// - Returns: nil when there is none that could be removed.
    func removeOldest() -> Int? {
        guard settings.backups > 0, let directory = try? directory() else { return nil }
        for index in (1...settings.backups).reversed() {
            let name = directory.name(index)
            guard let status = directory.status(name),
                directory.objection(toMoving: status, named: name) == nil
            else { continue }
            return (try? directory.remove(name)).map { status.size }
        }
        return nil
    }

    /// Empties the log and removes its backups.
    func clear() throws(LogFileError) {
        let directory = try directory()
        for index in 1..<(max(0, settings.backups) + 1) {
            let name = directory.name(index)
            guard let status = directory.status(name),
                directory.objection(toMoving: status, named: name) == nil
            else { continue }
            do { try directory.remove(name) } catch {
                throw LogFileError("remove", directory.path(of: name), error)
            }
        }
        // What others have given another name is theirs, and not emptied.
        if let log, !hasItsName(log) { reopen() }
        guard let log, openError == nil || hasItsName(log) else {
            throw openError ?? LogFileError("open", path, .noSuchFileOrDirectory)
        }
        guard log.isRegular else { return }
        do { try empty(log) } catch { throw LogFileError("truncate", path, error) }
        writeError = nil
    }

    func empty(_ log: OpenLog) throws(Errno) {
        try log.descriptor.truncate(to: 0)
        try log.descriptor.seek(to: 0)
        size = 0
    }

    // MARK: Reading

    /// Whether it ends in the middle of a line.
    var endsWithinLine: Bool {
        guard let log, log.isRegular, size > 0 else { return false }
        return (try? log.descriptor.read(count: 1, at: size - 1)) != [0x0A]
    }

    /// The last bytes of the log, from `.1` as well where the file is shorter than that.
    func tail(bytes count: Int) throws(LogFileError) -> [UInt8] {
        guard let log else { throw openError ?? LogFileError("open", path, .noSuchFileOrDirectory) }
        guard log.isRegular else { return [] }
        let tail = TailReader(settings: settings, log: log, size: size)
        return try tail.last(count, hasBackup: settings.backups > 0 && settings.maxBytes > 0)
    }

    /// Bytes of the log by their place in the file; nil for what is no file that has places.
    func slice(from offset: Int, count: Int?) throws(LogFileError) -> LogSlice? {
        guard let log else { throw openError ?? LogFileError("open", path, .noSuchFileOrDirectory) }
        guard log.isRegular else { return nil }
        let part = LogSlice.part(of: size, from: offset, count: count)
        do {
            let bytes = try log.descriptor.read(count: part.count, at: part.start)
            return LogSlice(bytes: bytes, start: part.start, size: size)
        } catch {
            throw LogFileError("read", path, error)
        }
    }
}
