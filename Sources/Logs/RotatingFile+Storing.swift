// SPDX-License-Identifier: Apache-2.0

import Platform
import Supervision
import SystemPackage

/// How bytes get into the file.
///
/// What comes through a pipe is put into the file first and taken out of the pipe then, which is
/// noted so that a kill at any moment loses none and doubles none (`MoveJournal`). Where nobody
/// keeps the note, `splice` does both in one call. Near a rotation, and when somebody follows the
/// log, the bytes are first looked at by `tee`, which leaves them where they are.
extension RotatingFile {
    /// Where bytes that are to be stored are.
    enum Origin {
        /// They are the next ones in a pipe.
        case pipe(DescriptorBox, Scratch)
        /// Nobody else has them.
        case memory
    }

    /// What came of storing.
    struct Stored: Equatable {
        /// How many bytes are done with, those that were lost among them.
        var taken = 0
        /// How many bytes of the log were lost: of these, or older ones that gave way to them.
        var lost = 0
        /// The rest stays in its pipe until there is room.
        var isHeld = false
    }

    /// Moves what is in a pipe to the file while that is far from full, without looking at it.
    ///
    /// - Returns: how many bytes that was; 0 when the pipe is empty, nil when `store` has to see to
    ///   them.
    func move(from pipe: DescriptorBox, _ scratch: Scratch, upTo count: Int) -> Int? {
        guard let log, log.isSpliceable else { return nil }
        var count = count
        if let limit {
            // All that is there, or none of it: it ends where the program has come to, and most
            // likely not in the middle of a line.
            let waiting = (try? pipe.descriptor.waitingCount()) ?? .max
            guard waiting > 0 else { return 0 }
            guard waiting <= limit - size - RotationCut.horizon else { return nil }
            count = min(count, waiting)
        }
        do {
            let moved = try scratch.move(from: pipe, to: log, at: size, upTo: count)
            guard moved > 0 else { return nil }
            size += moved
            writeError = nil
            return moved
        } catch {
            if error == .invalidArgument { log.isSpliceable = false }
            return error == .wouldBlock ? 0 : nil
        }
    }

    /// Writes these bytes, rotating where they do not fit; answers how many were lost.
    func append(_ output: ArraySlice<UInt8>, at now: Instant) -> Int {
        store(output, from: .memory, at: now).lost
    }

    /// Puts these bytes, which are in `origin`, into the file, rotating where they do not fit.
    func store(_ output: ArraySlice<UInt8>, from origin: Origin, at now: Instant) -> Stored {
        var rest = output
        var stored = Stored()
        while !rest.isEmpty {
            guard let log else {
                giveUp(rest, from: origin, &stored)
                break
            }
            let cut = cut(rest, log, at: now)
            if cut.count > 0 {
                do {
                    let count = try put(rest.prefix(cut.count), from: origin, into: log)
                    stored.taken += count
                    rest = rest.dropFirst(count)
                    // What could not be put is tried again, or fails, in the next round.
                    if count < cut.count { continue }
                    writeError = nil
                } catch {
                    // Somebody else has read from the program's pipe.
                    if error == .wouldBlock { break }
                    writeError = LogFileError("write", path, error)
                    if makeRoom(after: error, log, at: now, &stored) { continue }
                    giveUp(rest, from: origin, &stored)
                    break
                }
            }
            if let carried = cut.carried { rotate(log, carrying: carried, at: now) }
        }
        return stored
    }

    /// How many of the bytes go into the file now; then it is rotated, if `carried` is not nil.
    private func cut(
        _ output: ArraySlice<UInt8>,
        _ log: OpenLog,
        at now: Instant
    ) -> (count: Int, carried: Int?) {
        guard let limit, output.count > limit - size, mayRotate(at: now) else {
            return (output.count, nil)
        }
        let cut = RotationCut(output: output, room: limit - size, size: size) { openLine(log) }
        return switch cut {
        case .rotate(let count): (count, 0)
        case .carry(let count): (0, count)
        }
    }

    /// Puts some of the bytes into the file and answers how many, at least one.
    private func put(
        _ bytes: ArraySlice<UInt8>,
        from origin: Origin,
        into log: OpenLog
    ) throws(Errno) -> Int {
        let count: Int
        switch origin {
        case .pipe(let pipe, let scratch):
            count = try scratch.move(bytes, from: pipe, to: log, at: size)
        case .memory:
            count = try log.descriptor.write(bytes)
        }
        guard count > 0 else { throw .ioError }
        if log.isRegular { size += count }
        return count
    }

    // MARK: When there is no room

    /// Tries to make room for what could not be written; answers whether to try again.
    private func makeRoom(
        after error: Errno,
        _ log: OpenLog,
        at now: Instant,
        _ stored: inout Stored
    ) -> Bool {
        if error == .fileTooLarge, limit != nil, size > 0, mayRotate(at: now) {
            // The process may write less to a file than the configuration allows.
            rotate(log, carrying: 0, at: now)
            return true
        }
        guard settings.onFull == .dropOld, log.isRegular,
            [.noSpace, .diskQuotaExceeded, .fileTooLarge].contains(error)
        else { return false }
        if error != .fileTooLarge, let lost = removeOldest() {
            stored.lost += lost
            return true
        }
        let lost = size
        guard lost > 0, (try? empty(log)) != nil else { return false }
        stored.lost += lost
        return true
    }

    /// Drops what cannot be written, or leaves it in its pipe, as the settings say.
    private func giveUp(_ rest: ArraySlice<UInt8>, from origin: Origin, _ stored: inout Stored) {
        if case .pipe(let pipe, let scratch) = origin {
            if settings.onFull == .block {
                stored.isHeld = true
                return
            }
            try? scratch.discard(rest.count, from: pipe.descriptor)
        }
        stored.taken += rest.count
        stored.lost += rest.count
    }
}
