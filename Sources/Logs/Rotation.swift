// SPDX-License-Identifier: Apache-2.0

private import Glibc
import Platform
import SystemPackage

/// One rotation of one log: the renamings of a `RotationPlan`, and a new file.
///
/// The new file is made under a name of its own and holds the line that the log ends in the
/// middle of, so that no line is in two files. Then the old files get their new names, the begun
/// line is cut off in what is `.1` now, and the new file takes the name of the log. Each step is
/// one system call on a name or a length. After a kill between any two of them, or within the
/// first, `InterruptedRotation` finds each byte in exactly one place; at worst a number is
/// missing, which the next rotation fills.
struct Rotation: ~Copyable {
    /// One step; in the order in which they are taken.
    enum Step: Equatable {
        /// Nothing is kept: the log is emptied as it is.
        case empty
        case make
        case rename(RotationPlan.Renaming)
        case cutOff
        case place
    }

    private let settings: LogFileSettings
    private let directory: LogDirectory
    private let log: OpenLog
    /// How long the log is.
    private let size: Int
    private let carried: [UInt8]
    private var steps: ArraySlice<Step>
    private var new: OpenLog?
    private var newSize = 0

    private init(
        _ settings: LogFileSettings,
        _ directory: consuming LogDirectory,
        _ log: OpenLog,
        size: Int,
        carried: [UInt8],
        _ plan: RotationPlan
    ) {
        self.settings = settings
        self.directory = directory
        self.log = log
        self.size = size
        self.carried = carried
        let begun = !carried.isEmpty
        if settings.backups > 0 {
            steps = [.make] + plan.renamings.map { .rename($0) } + (begun ? [.cutOff] : [])
            steps += [.place]
        } else {
            steps = begun ? [.make, .place] : [.empty]
        }
    }

    /// Looks at what there is and decides the steps; changes nothing.
    ///
    /// `count` is how many bytes at the end of the log are a line that has been begun.
    static func plan(
        for log: OpenLog,
        size: Int,
        carrying count: Int,
        _ settings: LogFileSettings
    ) throws(LogFileError) -> Rotation {
        let directory = try LogDirectory.open(of: settings.path, user: settings.owner)
        let plan = RotationPlan(backups: settings.backups) {
            directory.status(directory.name($0)) != nil
        }
        for index in Set(plan.renamings.flatMap { [$0.from, $0.to] }) where index > 0 {
            let name = directory.name(index)
            if let status = directory.status(name),
                let objection = directory.objection(toMoving: status, named: name)
            {
                throw objection
            }
        }
        let carried: [UInt8]
        do {
            carried = count > 0 ? try log.descriptor.read(count: count, at: size - count) : []
        } catch {
            throw LogFileError("read", settings.path, error)
        }
        return Rotation(settings, directory, log, size: size, carried: carried, plan)
    }

    /// Answers the file to write to from now on and its size.
    ///
    /// - Throws: what could not be done. As a rule the log then still has its name; else it gets
    ///   it back when it is opened again.
    consuming func perform() throws(LogFileError) -> (log: OpenLog, size: Int) {
        while try takeStep() {}
        return (new ?? log, newSize)
    }

    /// Takes the next step; answers whether there are more.
    mutating func takeStep() throws(LogFileError) -> Bool {
        guard let step = steps.popFirst() else { return false }
        switch step {
        case .empty: try empty()
        case .make: try make()
        case .rename(let renaming): try rename(renaming)
        case .cutOff: cutOff()
        case .place:
            do { try directory.rename(directory.newName, to: directory.name) } catch {
                throw LogFileError("rename", directory.path(of: directory.newName), error)
            }
        }
        return !steps.isEmpty
    }

    private func empty() throws(LogFileError) {
        do {
            try log.descriptor.truncate(to: 0)
            try log.descriptor.seek(to: 0)
        } catch {
            throw LogFileError("truncate", settings.path, error)
        }
    }

    /// Makes the new file, with the mode and owner that an administrator gave the old one.
    private mutating func make() throws(LogFileError) {
        let name = directory.newName
        guard let new = try OpenLog.make(name, in: directory, owner: settings.owner) else {
            throw LogFileError("open", directory.path(of: name), .fileExists)
        }
        self.new = new
        if let old = try? log.descriptor.status(), let made = try? new.descriptor.status() {
            if old.owner != made.owner { try? new.descriptor.change(owner: old.owner) }
            if old.mode != made.mode { try? new.descriptor.change(mode: old.mode) }
        }
        var rest = carried[...]
        while !rest.isEmpty {
            do {
                rest = rest.dropFirst(try new.descriptor.write(rest))
                newSize = carried.count - rest.count
            } catch {
                try? directory.remove(name)
                throw LogFileError("write", directory.path(of: name), error)
            }
        }
    }

    private mutating func rename(_ renaming: RotationPlan.Renaming) throws(LogFileError) {
        let from = directory.name(renaming.from)
        do {
            try directory.rename(from, to: directory.name(renaming.to))
        } catch {
            // Nothing is lost: the log still has all.
            try? directory.remove(directory.newName)
            throw LogFileError("rename", directory.path(of: from), error)
        }
    }

    /// Leaves the begun line in one of the two files.
    private mutating func cutOff() {
        do {
            try log.descriptor.truncate(to: size - carried.count)
        } catch {
            try? new?.descriptor.truncate(to: 0)
            try? new?.descriptor.seek(to: 0)
            newSize = 0
        }
    }
}
