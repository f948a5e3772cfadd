// SPDX-License-Identifier: Apache-2.0

import Platform
import SystemPackage

/// One rotation of one log: carries out a `RotationPlan` and opens the new file.
///
/// The steps are ordered so that a kill between any two of them loses no byte and replaces no
/// file that the next rotation would not replace: at worst a number is missing.
struct Rotation {
    let settings: LogFileSettings
    let log: OpenLog
    /// How long the log is.
    let size: Int

    /// Answers the file to write to from now on and its size; it holds the last `count` bytes of the old
    /// one: a line that had been begun is moved, so that no line is in two files.
    ///
    /// - Throws: what could not be done; the log then still has its name.
    func perform(carrying count: Int) throws(LogFileError) -> (log: OpenLog, size: Int) {
        let carried = try read(last: count)
        guard settings.backups > 0 else {
            try empty()
            try write(carried, to: log)
            return (log, count)
        }
        try shift()
        let new: OpenLog
        do throws(LogFileError) {
            new = try OpenLog.open(settings.path, owner: settings.owner, mustBeNew: true)
        } catch {
            // No inode left, perhaps. The old file goes on under its old name.
            try? renameFile(name(1), to: settings.path)
            throw error
        }
        adopt(new)
        guard count > 0 else { return (new, 0) }
        do throws(LogFileError) {
            try write(carried, to: new)
        } catch {
            // The line stays in the old file alone; the new one begins in the middle of it.
            try? new.descriptor.truncate(to: 0)
            try? new.descriptor.seek(to: 0)
            return (new, 0)
        }
        try? log.descriptor.truncate(to: size - count)
        return (new, count)
    }

    private func name(_ index: Int) -> String {
        RotationPlan.name(of: settings.path, index)
    }

    /// Gives the old files their new names; only ever moves and replaces plain files.
    private func shift() throws(LogFileError) {
        let plan = RotationPlan(backups: settings.backups) { index in
            (try? FileStatus(path: name(index))) != nil
        }
        for renaming in plan.renamings {
            for index in [renaming.from, renaming.to] {
                if let kind = (try? FileStatus(path: name(index)))?.kind, kind != .regular {
                    throw .unfit(path: name(index), kind)
                }
            }
        }
        for renaming in plan.renamings {
            do {
                try renameFile(name(renaming.from), to: name(renaming.to))
            } catch {
                throw LogFileError("rename", name(renaming.from), error)
            }
        }
    }

    /// Gives the new file the mode and owner that an administrator gave the old one.
    private func adopt(_ new: OpenLog) {
        guard let old = try? log.descriptor.status(), let made = try? new.descriptor.status() else {
            return
        }
        if old.owner != made.owner { try? new.descriptor.change(owner: old.owner) }
        if old.mode != made.mode { try? new.descriptor.change(mode: old.mode) }
    }

    private func read(last count: Int) throws(LogFileError) -> [UInt8] {
        guard count > 0 else { return [] }
        do {
            return try log.descriptor.read(count: count, at: size - count)
        } catch {
            throw LogFileError("read", settings.path, error)
        }
    }

    private func empty() throws(LogFileError) {
        do {
            try log.descriptor.truncate(to: 0)
            try log.descriptor.seek(to: 0)
        } catch {
            throw LogFileError("truncate", settings.path, error)
        }
    }

    private func write(_ bytes: [UInt8], to file: OpenLog) throws(LogFileError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            do {
                rest = rest.dropFirst(try file.descriptor.write(rest))
            } catch {
                throw LogFileError("write", settings.path, error)
            }
        }
    }
}
