// SPDX-License-Identifier: Apache-2.0

import Logs
import Platform
import Supervision

/// What outlives this manager: the records of its members in the state file, and the descriptors
/// that the guardian keeps for the next one.
///
/// A member has a slot for as long as it exists, and until all that it wrote has been read: a
/// record in the file, and at the guardian the readers of its two outputs, the readers of pipes
/// that it has left, and the writer of its input. A slot is used again, a `MemberID` is not, so the next manager knows
/// members by their slots. Nothing here waits, and nothing that fails stops the daemon: a state
/// that cannot be recorded is `trouble`, told in the status.
final class StateStore {
    /// The guardian's slots that are not readers of outputs.
    enum Descriptor: Int {
        case lock = 0
        case state = 1
        case configuration = 2
        case socket = 3
        case cgroups = 4
        case network = 5
        case reloadError = 6
        case reloadWish = 7
        case losses = 8
        case moves = 9
        case socketWatch = 15
    }

    /// Why the last record could not be written; nil when it could.
    private(set) var trouble: String?
    private let file: StateFile
    /// What has been lost of each output; nil where nobody would keep it.
    private let losses: TallyFile?
    /// Nil without a guardian, and after its death.
    private var link: GuardianLink?
    private var slots: [MemberID: Int] = [:]
    private var free: [Int] = []
    private var end = 0

    /// How far a shutdown has come, as it is recorded.
    private var shutdown = ShutdownStage.none

    /// Where the file says how far a shutdown has come; the records of members follow.
    static let shutdownPlace = 0
    private static let firstReader = 16
    private static let firstInput = 65_536
    private static let firstOrphan = 98_304
    /// What the guardian has slots for: two readers, a writer, a process that is not its child.
    static let mostMembers = 32_000
    private static let firstSocket = firstOrphan + mostMembers
    private static let firstLeft = firstSocket + mostSockets
    /// How many sockets of programs it has slots for.
    static let mostSockets = 768

    init(file: consuming StateFile, link: GuardianLink?, losses: TallyFile? = nil) {
        self.file = file
        self.losses = losses
        self.link = link
    }

    /// What no other daemon's records have, in a container neither.
    var identity: String { file.identity }

    // MARK: - Slots

    /// Says which slots hold something that is still of use; before any other is given away.
    func occupy(_ taken: [Int]) {
        let taken = Set(taken)
        end = (taken.max() ?? -1) + 1
        free = (0..<end).filter { !taken.contains($0) }.reversed()
    }

    /// Makes room for so many members at once.
    func reserveCapacity(_ count: Int) { slots.reserveCapacity(count) }

    /// Gives a member the occupied slot that it had in the daemon before.
    func take(_ slot: Int, for id: MemberID) {
        slots[id] = slot
    }

    /// Empties an occupied slot that no member has taken.
    func vacate(_ slot: Int) {
        free.append(slot)
        link?.drop([
            Self.reader(slot, isError: false), Self.reader(slot, isError: true),
            Self.left(slot, isError: false), Self.left(slot, isError: true),
            Self.input(slot), Self.orphan(slot),
        ])
        do throws(StateFile.Failure) {
            try file.erase(Self.place(slot))
        } catch {
            note("\(error)")
        }
    }

    private func slot(of id: MemberID) -> Int? {
        if let slot = slots[id] { return slot }
        let slot: Int
        if let reused = free.popLast() {
            slot = reused
        } else {
            guard end < Self.mostMembers else { return nil }
            slot = end
            end += 1
        }
        // Whoever had it before may have lost something.
        for isError in [false, true] { losses?.clear(Self.loss(slot, isError: isError)) }
        slots[id] = slot
        return slot
    }

    // MARK: - Records

    /// Records what a member is now; what was recorded before is replaced in one step.
    func write(_ record: MemberRecord, of id: MemberID) {
        guard let slot = slot(of: id) else { return note("too many programs to be recorded") }
        guard let bytes = record.encoded() else { return note("a name is too long") }
        do throws(StateFile.Failure) {
            try file.write(bytes, to: Self.place(slot))
            trouble = nil
        } catch {
            note("\(error)")
        }
    }

    /// Records how far a shutdown has come: before any record of what it has done.
    ///
    /// It only goes on, so a manager that has not yet taken up the last one's takes nothing back.
    func write(_ stage: ShutdownStage) {
        guard stage.rawValue > shutdown.rawValue else { return }
        do throws(StateFile.Failure) {
            try file.write([stage.rawValue], to: Self.shutdownPlace)
            shutdown = stage
        } catch {
            note("\(error)")
        }
    }

    /// Forgets the shutdown of a daemon before this one.
    func forgetShutdown() {
        do throws(StateFile.Failure) {
            try file.erase(Self.shutdownPlace)
        } catch {
            note("\(error)")
        }
    }

    /// Where the file holds the record of a member's slot.
    private static func place(_ slot: Int) -> Int { slot + 1 }

    /// The slot of the member whose record is in this place of the file.
    static func slot(atPlace place: Int) -> Int { place - 1 }

    /// Forgets a member, its record and its descriptors.
    func forget(_ id: MemberID) {
        if let slot = slots.removeValue(forKey: id) { vacate(slot) }
    }

    private func note(_ reason: String) {
        trouble = "the state cannot be recorded: \(reason)"
    }

    // MARK: - Descriptors

    /// Has the guardian keep the reader of an output, before anything can be written to it.
    func keep(_ reader: borrowing OwnedDescriptor, of stream: StreamID) {
        guard let link, let slot = slot(of: stream.member) else { return }
        link.store([(Self.reader(slot, isError: stream.isError), reader.rawValue)])
    }

    /// Makes room for the reader of another pipe: the present one is kept as the one that was left.
    ///
    /// The one that was left before has been read by then: a log thread reads them in turn.
    func leave(_ stream: StreamID) {
        guard let slot = slots[stream.member] else { return }
        let isError = stream.isError
        link?.move([(Self.reader(slot, isError: isError), Self.left(slot, isError: isError))])
    }

    /// Lets go of the reader of a pipe that was left.
    func dropLeft(_ stream: StreamID) {
        guard let slot = slots[stream.member] else { return }
        link?.drop([Self.left(slot, isError: stream.isError)])
    }

    /// Has the guardian keep the writer of an input, before the program can read from it.
    func keepInput(_ writer: borrowing OwnedDescriptor, of id: MemberID) {
        guard let link, let slot = slot(of: id) else { return }
        link.store([(Self.input(slot), writer.rawValue)])
    }

    /// Lets go of the writer of an input.
    func dropInput(of id: MemberID) {
        guard let slot = slots[id] else { return }
        link?.drop([Self.input(slot)])
    }

    /// Has the guardian keep a process that is not its child: who reaps it may do so while there
    /// is no manager, and its end can be seen only by who had opened it before.
    func keep(_ orphan: borrowing PidDescriptor, of id: MemberID) {
        guard let link, let slot = slot(of: id) else { return }
        link.store([(Self.orphan(slot), orphan.descriptor.rawValue)])
    }

    /// Lets go of a process that has ended.
    func dropOrphan(of id: MemberID) {
        guard let slot = slots[id] else { return }
        link?.drop([Self.orphan(slot)])
    }

    /// Has the guardian keep the socket of a program, before any program has it.
    func keepSocket(_ socket: borrowing OwnedDescriptor, in place: Int) {
        link?.store([(Self.socket(place), socket.rawValue)])
    }

    /// Lets go of the socket of a program.
    func dropSocket(in place: Int) {
        link?.drop([Self.socket(place)])
    }

    /// Has the guardian keep the records themselves, for the next manager.
    func keepRecords() {
        link?.store([(Descriptor.state.rawValue, file.descriptor.rawValue)])
        if let losses { keep(losses.descriptor, as: .losses) }
    }

    /// Counts what is lost of an output, so that it is known to the next manager.
    func tally(of stream: StreamID) -> (@Sendable (Int) -> Void)? {
        guard let losses, let slot = slot(of: stream.member) else { return nil }
        let place = Self.loss(slot, isError: stream.isError)
        return { losses.add($0, at: place) }
    }

    /// What has been lost of an output, by whichever manager.
    func lostBytes(of stream: StreamID) -> UInt64 {
        guard let losses, let slot = slots[stream.member] else { return 0 }
        return losses[Self.loss(slot, isError: stream.isError)]
    }

    private static func loss(_ slot: Int, isError: Bool) -> Int { 2 * slot + (isError ? 1 : 0) }

    func keep(_ kept: borrowing OwnedDescriptor, as descriptor: Descriptor) {
        link?.store([(descriptor.rawValue, kept.rawValue)])
    }

    /// Lets go of what is of no use to the next manager any more.
    func drop(_ descriptor: Descriptor) {
        link?.drop([descriptor.rawValue])
    }

    /// From now on there is nobody to keep anything.
    func guardianHasGone() {
        link = nil
    }

    /// Where the guardian keeps the reader of an output.
    static func reader(_ slot: Int, isError: Bool) -> Int {
        firstReader + 2 * slot + (isError ? 1 : 0)
    }

    /// Where the guardian keeps the reader of the pipe that an output had before.
    static func left(_ slot: Int, isError: Bool) -> Int {
        firstLeft + 2 * slot + (isError ? 1 : 0)
    }

    /// Where the guardian keeps the writer of an input.
    static func input(_ slot: Int) -> Int { firstInput + slot }

    /// Where the guardian keeps a process that is not its child.
    static func orphan(_ slot: Int) -> Int { firstOrphan + slot }

    /// Where the guardian keeps the socket of a program; these are numbered by themselves.
    static func socket(_ place: Int) -> Int { firstSocket + place }
}

/// Streams of members are numbered two a member.
extension StreamID {
    init(_ id: MemberID, isError: Bool) {
        self.init(rawValue: id.rawValue * 2 + (isError ? 1 : 0))
    }

    var member: MemberID { MemberID(rawValue: rawValue / 2) }

    var isError: Bool { rawValue % 2 == 1 }
}
