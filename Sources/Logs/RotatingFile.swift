// SPDX-License-Identifier: Apache-2.0

import Platform
import Supervision
import SystemPackage

/// A log file that never stops its writer: what cannot be written is counted and forgotten.
///
/// `prepare` comes before each batch: it opens what is not open, and notices that the file was
/// deleted, renamed or emptied by others. A full disk, a missing directory or a refused rotation
/// becomes `trouble`, is tried again with the next batch, and ends the trouble when it succeeds.
final class RotatingFile {
    /// Changing them takes effect with the next byte.
    var settings: LogFileSettings
    private var log: OpenLog?
    private var size = 0

    private var openError: LogFileError?
    private var writeError: LogFileError?
    private var rotationError: LogFileError?
    private var nextRotation: Instant?
    private var nextLook: Instant?

    /// How long a check of the name, or a failed rotation, is good for.
    private static let patience = Duration.seconds(1)

    init(_ settings: LogFileSettings, at now: Instant) {
        self.settings = settings
        prepare(at: now)
    }

    var path: String { settings.path }

    /// What is wrong now, in one line.
    var trouble: String? {
        (openError ?? writeError ?? rotationError)?.description
    }

    /// What a rotated file may reach; nil when there is no limit.
    private var limit: Int? {
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
        if !hasItsName(log) { reopen() }
    }

    /// Opens the file anew; keeps writing to the old one where that fails.
    func reopen() {
        do throws(LogFileError) {
            let opened = try OpenLog.open(path, owner: settings.owner)
            log = opened
            size = opened.initialSize
            openError = nil
        } catch {
            openError = error
        }
    }

    private func hasItsName(_ log: OpenLog) -> Bool {
        (try? FileStatus(path: path))?.identity == log.identity
    }

    /// Others have emptied the file, or written to it.
    private func resume(_ log: OpenLog, at end: Int) {
        if (try? log.descriptor.seek(to: end)) != nil { size = end }
    }

    // MARK: Writing

    /// What came of a `splice`.
    enum Spliced: Equatable {
        case moved(Int)
        /// The pipe is empty.
        case nothing
        /// The bytes have to be read and given to `append`.
        case unsuited
    }

    /// Moves what is in a pipe to the file without copying, while the file is far from full.
    func splice(from pipe: borrowing OwnedDescriptor, upTo count: Int) -> Spliced {
        guard let log, log.isRegular else { return .unsuited }
        var count = count
        if let limit {
            let room = limit - size - RotationCut.horizon
            if room <= 0 { return .unsuited }
            count = min(count, room)
        }
        do {
            let moved = try pipe.splice(to: log.descriptor, count: count)
            size += moved
            if moved > 0 { writeError = nil }
            return moved > 0 ? .moved(moved) : .unsuited
        } catch {
            return error == .wouldBlock ? .nothing : .unsuited
        }
    }

    /// Writes these bytes, rotating where they do not fit; answers how many of them were lost.
    func append(_ output: ArraySlice<UInt8>, at now: Instant) -> Int {
        var rest = output
        while !rest.isEmpty {
            guard let log else { return rest.count }
            guard let limit, rest.count > limit - size, mayRotate(at: now) else {
                let lost = write(rest, to: log, at: now)
                guard lost > 0, limit != nil, size > 0, isTooLarge, mayRotate(at: now) else {
                    return lost
                }
                // The process may write less to a file than the configuration allows.
                rest = rest.suffix(lost)
                rotate(log, carrying: 0, at: now)
                continue
            }
            let cut = RotationCut(output: rest, room: limit - size, size: size) { openLine(log) }
            switch cut {
            case .rotate(let count):
                let lost = write(rest.prefix(count), to: log, at: now)
                if lost > 0 { return lost + rest.count - count }
                rest = rest.dropFirst(count)
                rotate(log, carrying: 0, at: now)
            case .carry(let count):
                rotate(log, carrying: count, at: now)
            }
        }
        return 0
    }

    /// Writes without regard to the limit; answers how many bytes were lost.
    private func write(_ bytes: ArraySlice<UInt8>, to log: OpenLog, at now: Instant) -> Int {
        var rest = bytes
        while !rest.isEmpty {
            do {
                let count = try log.descriptor.write(rest)
                size += log.isRegular ? count : 0
                rest = rest.dropFirst(count)
            } catch {
                writeError = LogFileError("write", path, error)
                return rest.count
            }
        }
        if !bytes.isEmpty { writeError = nil }
        return 0
    }

    /// Whether the last write failed at the limit that the system has set for files (EFBIG).
    private var isTooLarge: Bool {
        if case .call(let error)? = writeError { error.errno == .fileTooLarge } else { false }
    }

    // MARK: Rotating

    private func mayRotate(at now: Instant) -> Bool {
        nextRotation.map { now >= $0 } ?? true
    }

    /// The length of the line that the file ends in the middle of; nil when it is too long.
    private func openLine(_ log: OpenLog) -> Int? {
        let count = min(size, RotationCut.horizon)
        guard let tail = try? log.descriptor.read(count: count, at: size - count) else {
            return nil
        }
        return tail.lastIndex(of: 0x0A).map { tail.count - $0 - 1 }
    }

    /// Starts a new file; where that fails the old one grows beyond its limit for a while.
    private func rotate(_ log: OpenLog, carrying count: Int, at now: Instant) {
        guard hasItsName(log) else {
            // It was renamed by somebody else: their file, not ours to number.
            nextRotation = now.advanced(by: Self.patience)
            return reopen()
        }
        do throws(LogFileError) {
            let rotation = Rotation(settings: settings, log: log, size: size)
            (self.log, size) = try rotation.perform(carrying: count)
            rotationError = nil
        } catch {
            rotationError = error
            nextRotation = now.advanced(by: Self.patience)
        }
    }

    /// Empties the log and removes its backups.
    func clear() throws(LogFileError) {
        for index in 1..<(max(0, settings.backups) + 1) {
            let name = RotationPlan.name(of: path, index)
            guard let status = try? FileStatus(path: name), status.kind == .regular else {
                continue
            }
            do { try removeFile(name) } catch { throw LogFileError("remove", name, error) }
        }
        guard let log else { throw openError ?? LogFileError("open", path, .noSuchFileOrDirectory) }
        guard log.isRegular else { return }
        do {
            try log.descriptor.truncate(to: 0)
            try log.descriptor.seek(to: 0)
        } catch {
            throw LogFileError("truncate", path, error)
        }
        size = 0
        writeError = nil
    }

    // MARK: Reading

    /// The last bytes of the log, from `.1` as well where the file is shorter than that.
    func tail(bytes count: Int) throws(LogFileError) -> [UInt8] {
        guard let log else { throw openError ?? LogFileError("open", path, .noSuchFileOrDirectory) }
        guard log.isRegular else { return [] }
        let tail = TailReader(path: path, log: log, size: size)
        return try tail.last(count, hasBackup: settings.backups > 0 && settings.maxBytes > 0)
    }
}
