// SPDX-License-Identifier: Apache-2.0

private import Glibc
import Platform
import SystemPackage

/// What was written after a place, wherever rotations have put it since.
extension RotatingFile {
    /// The place of the byte that is so far from the end; nil for what is no file.
    func place(beforeEnd count: Int) -> LogPlace? {
        guard let log, log.isRegular else { return nil }
        let generation = log.descriptor.generation()
        return LogPlace(file: log.identity, generation: generation, offset: size - count)
    }

    /// All that was written after a place; nil when that is not known any more, or too much.
    ///
    /// A log that was emptied since is shorter than the place is far.
    func written(after place: LogPlace) -> [UInt8]? {
        guard let log, log.isRegular else { return nil }
        if place.isIn(log.descriptor, log.identity) {
            return rest(of: log, from: max(0, place.offset))
        }
        guard let directory = try? LogDirectory.open(of: path, user: settings.owner) else {
            return nil
        }
        // The newest first, until the file of the place is found.
        var newer: [(file: OwnedDescriptorBox, size: Int)] = []
        for index in 1..<(max(0, settings.backups) + 1) {
            let name = directory.name(index)
            // A rotation that was cut short leaves a number out.
            guard let file = try? directory.open(name, O_RDONLY),
                let status = try? file.status(), status.kind == .regular,
                directory.objection(to: status, named: name) == nil
            else { continue }
            let isPlaces = place.isIn(file, status.identity)
            newer.append((OwnedDescriptorBox(file), status.size))
            if isPlaces {
                return join(newer.reversed(), log, from: max(0, place.offset))
            }
        }
        return nil
    }

    /// The files one after the other, the log at the end, without so many bytes at the beginning.
    private func join(
        _ files: [(file: OwnedDescriptorBox, size: Int)],
        _ log: OpenLog,
        from offset: Int
    ) -> [UInt8]? {
        var offset = offset
        var bytes: [UInt8] = []
        for (file, size) in files {
            guard offset < size else {
                // The line that this file ended in the middle of went to the next one.
                offset -= size
                continue
            }
            guard bytes.count + size - offset <= TailReader.most,
                let part = try? file.descriptor.read(count: size - offset, at: offset)
            else { return nil }
            bytes += part
            offset = 0
        }
        guard let rest = rest(of: log, from: offset), bytes.count + rest.count <= TailReader.most
        else { return nil }
        return bytes + rest
    }

    private func rest(of log: OpenLog, from offset: Int) -> [UInt8]? {
        guard offset <= size, size - offset <= TailReader.most else { return nil }
        return try? log.descriptor.read(count: size - offset, at: offset)
    }
}

extension LogOutput {
    /// What a follower is given first, and whether that is all that it asked for.
    func past(_ start: FollowStart) -> (bytes: [UInt8], isWhole: Bool) {
        switch start {
        case .last(0): return ([], true)
        case .last(let count): return ((try? file?.tail(bytes: count)) ?? [], true)
        case .after(let place):
            let written = place.flatMap { file?.written(after: $0) }
            return (written ?? [], written != nil)
        }
    }
}

/// A descriptor that can stand in an array.
private final class OwnedDescriptorBox {
    let descriptor: OwnedDescriptor

    init(_ descriptor: consuming OwnedDescriptor) {
        self.descriptor = descriptor
    }
}
