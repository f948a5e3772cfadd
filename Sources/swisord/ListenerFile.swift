// SPDX-License-Identifier: Apache-2.0

import Platform
import Supervision

/// The records of event listeners, in a file of slots that outlives the manager.
///
/// Without the file everything works but this: a manager that follows does not know what listeners
/// were told.
final class ListenerFile {
    private let path: String
    private var file: StateFile?
    private var slots: [MemberID: Int] = [:]
    private var written: [MemberID: [UInt8]] = [:]

    init(path: String) {
        self.path = path
    }

    /// Takes up what the manager before this one has written.
    func load() -> [ProcessName: ListenerRecord] {
        let boot = BootID.current()
        guard let opened = try? StateFile.open(path), opened.boot.isSame(as: boot),
            let contents = try? opened.readAll()
        else { return [:] }
        file = consume opened
        var records: [ProcessName: ListenerRecord] = [:]
        for (slot, bytes) in contents.slots {
            guard let record = try? ListenerRecord(bytes) else { continue }
            records[record.name] = record
            // Whoever is still a listener is written into a slot of its own.
            erase(slot)
        }
        return records
    }

    /// Writes a listener's record, where it says something new.
    func write(_ record: ListenerRecord, of id: MemberID) {
        let bytes = record.encoded()
        guard written[id] != bytes, open(), let slot = slot(of: id) else { return }
        written[id] = bytes
        try? file?.write(bytes, to: slot)
    }

    func forget(_ id: MemberID) {
        written[id] = nil
        if let slot = slots.removeValue(forKey: id) { erase(slot) }
    }

    private func erase(_ slot: Int) {
        try? file?.erase(slot)
    }

    private func slot(of id: MemberID) -> Int? {
        if let slot = slots[id] { return slot }
        let used = Set(slots.values)
        guard let slot = (0..<StateFile.mostSlots).first(where: { !used.contains($0) }) else {
            return nil
        }
        slots[id] = slot
        return slot
    }

    /// Makes the file when it is first needed; most daemons have no listeners.
    private func open() -> Bool {
        if file == nil { file = try? StateFile.create(path, boot: BootID.current()) }
        switch file {
        case .some: return true
        case .none: return false
        }
    }
}
