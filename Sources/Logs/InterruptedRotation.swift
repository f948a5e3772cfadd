// SPDX-License-Identifier: Apache-2.0

import SystemPackage

/// A rotation that a kill has cut short, found and completed when the log is opened again.
///
/// What there can be, by the order of the steps of `Rotation`, and what is made of it:
///
///     the new file   the log   `.1`                        what is done
///     no             any       any                         nothing; a free number is filled later
///     yes            yes       any                         the new file is removed: all is there
///     yes            no        ends with the begun line    it is cut off there, then as below
///     yes            no        ends with a line end        the new file becomes the log
///
/// So each byte is in one file, once. A begun line holds no line end and what is before it in
/// `.1` ends with one, so the last two rows cannot be mistaken for each other.
enum InterruptedRotation {
    static func complete(in directory: borrowing LogDirectory) throws(LogFileError) {
        let newName = directory.newName
        guard let new = directory.status(newName),
            directory.objection(to: new, named: newName) == nil
        else { return }
        do throws(Errno) {
            guard directory.status(directory.name) == nil else {
                return try directory.remove(newName)
            }
            if new.size > 0 { try cutOff(newName, size: new.size, in: directory) }
            try directory.rename(newName, to: directory.name)
        } catch {
            throw LogFileError("rename", directory.path(of: newName), error)
        }
    }

    /// Takes the begun line off the end of `.1`, if it is still there.
    private static func cutOff(
        _ newName: String,
        size count: Int,
        in directory: borrowing LogDirectory
    ) throws(Errno) {
        guard count <= RotationCut.horizon,
            let backup = try? OpenLog.open(directory.name(1), in: directory),
            let new = try? OpenLog.open(newName, in: directory),
            backup.initialSize >= count
        else { return }
        let start = backup.initialSize - count
        if try backup.descriptor.read(count: count, at: start)
            == new.descriptor.read(count: count, at: 0)
        {
            try backup.descriptor.truncate(to: start)
        }
    }
}
