// SPDX-License-Identifier: Apache-2.0

import Configuration
import Platform
import Supervision

/// What ran here before this process, as far as it was recorded.
struct Past {
    /// Whose records they are.
    enum Origin: Equatable {
        /// The manager before this one, whose guardian lives: it tells of every exit.
        case manager
        /// A daemon that was killed together with its guardian, or nobody.
        case daemon(OrphanPolicy)
    }

    /// One member as it was, and where that is written.
    struct Entry {
        let slot: Int
        let record: MemberRecord
    }

    let origin: Origin
    let entries: [Entry]
    /// How far the shutdown had come that the manager before this one was at.
    let shutdown: ShutdownStage
    /// What is to be told of records that cannot be used.
    let remarks: [String]
    /// Who is the guardian's child for certain, read at once for all; it collects none meanwhile.
    let guardians: Set<PID>
    private let watch: GuardianWatch?

    /// What the manager before this one left in the file that the guardian kept.
    static func ofManager(_ content: StateFile.Contents, _ watch: GuardianWatch) -> Past {
        Past(content, origin: .manager, watch: watch)
    }

    /// What a daemon that was killed with its guardian left; only what may still run matters.
    static func ofDaemon(_ content: StateFile.Contents, _ policy: OrphanPolicy) -> Past {
        Past(content, origin: .daemon(policy), watch: nil)
    }

    /// The first start here, or the first that knows nothing.
    static func ofNothing(_ remark: String?) -> Past {
        Past(origin: .daemon(.adopt), entries: [], remarks: remark.map { [$0] } ?? [], watch: nil)
    }

    /// Why the records of one boot are of no use in another, or in what may be another.
    static func remark(onRecordsOf recorded: BootID, in current: BootID) -> String {
        recorded == .unknown || current == .unknown
            ? "without /proc nobody can tell whether the machine has been booted since the last start: "
                + "its records are void, and what has run on since is not known"
            : "the machine has been booted since the last start: its records are void"
    }

    private init(origin: Origin, entries: [Entry], remarks: [String], watch: GuardianWatch?) {
        self.origin = origin
        self.entries = entries
        shutdown = .none
        guardians = []
        self.remarks = remarks
        self.watch = watch
    }

    private init(_ content: StateFile.Contents, origin: Origin, watch: GuardianWatch?) {
        let now = MonotonicClock.now()
        var entries: [Entry] = []
        entries.reserveCapacity(content.slots.count)
        var remarks: [String] = []
        let stage = content.slots[StateStore.shutdownPlace]?.first
        // Who starts a daemon anew does not wish it to end.
        shutdown = origin == .manager ? stage.flatMap(ShutdownStage.init) ?? .none : .none
        for (place, bytes) in content.slots.sorted(by: { $0.key < $1.key })
        where place != StateStore.shutdownPlace {
            let slot = StateStore.slot(atPlace: place)
            do throws(BinaryFault) {
                let record = try MemberRecord(bytes, at: now)
                entries.append(Entry(slot: slot, record: record))
            } catch {
                remarks.append("record \(slot) of the state file cannot be used: \(error)")
            }
        }
        for slot in content.damaged.map(StateStore.slot(atPlace:)) {
            remarks.append("record \(slot) of the state file is damaged and ignored")
        }
        self.origin = origin
        self.entries = entries
        self.remarks = remarks
        self.watch = watch
        let guardian = origin == .manager ? ThisProcess.parent : nil
        let children = guardian.flatMap { ProcessChildren.of($0, isStill: true) }
        guardians = Set(children ?? [])
    }

    /// How many members there were.
    var memberCount: Int { entries.count { !$0.record.isGone } }

    /// Whether a record says more than that its program is to be started.
    ///
    /// Who starts a daemon wants its programs started. Only what runs already is an exception.
    func matters(_ entry: Entry) -> Bool {
        origin == .manager || entry.record.unsettledRun != nil
    }

    /// Whether a record is of a run that is not to be touched.
    func isLeftAlone(_ entry: Entry) -> Bool {
        switch origin {
        case .manager: entry.record.isLeftAlone
        case .daemon(let policy): policy == .leave
        }
    }

    /// A process that is not the guardian's child, as the manager before this one had it kept.
    func orphan(_ entry: Entry) -> PidDescriptor? {
        guard let kept = watch?.take(StateStore.orphan(entry.slot)) else { return nil }
        return ProcessIdentity(of: entry.record)?.open(kept)
    }

    /// The readers of the outputs that a program of then may still write to.
    ///
    /// What the guardian has not got, because the manager before died first or because there was no
    /// number for it, the program itself still has.
    func readers(_ entry: Entry, isError: Bool) -> KeptReaders {
        let record = entry.record
        let inode = isError ? record.outside.stderrPipe : record.outside.stdoutPipe
        var kept = KeptReaders()
        kept.left = watch?.take(StateStore.left(entry.slot, isError: isError))
        kept.present = watch?.take(StateStore.reader(entry.slot, isError: isError))
        guard inode != 0, let pid = record.liveRun?.pid, !kept.hasPipe(inode),
            let found = try? OutputPipe.reader(of: pid, descriptor: isError ? 2 : 1, inode: inode)
        else { return kept }
        kept.wasFound(found)
        return kept
    }

    /// A socket of programs, as the manager before this one had it kept.
    func socket(in place: Int) -> OwnedDescriptor? { watch?.take(StateStore.socket(place)) }

    /// The writer of the input that a program of then may still read from.
    ///
    /// What its standard input is now is only looked at where `isWanted`: it may be another's pipe.
    func input(_ entry: Entry, isWanted: Bool) -> OwnedDescriptor? {
        if let kept = watch?.take(StateStore.input(entry.slot)) { return kept }
        guard isWanted, let pid = entry.record.liveRun?.pid else { return nil }
        return try? InputPipe.writer(of: pid)
    }
}
