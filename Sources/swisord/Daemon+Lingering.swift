// SPDX-License-Identifier: Apache-2.0

import Logging
import Platform
import Supervision

/// The end of a stop: of runs whose leader has gone while others of them live on.
extension Daemon {
    /// Ends a stop if nothing is left of its run; if not, there will be another moment to look.
    func inspect(_ id: MemberID, _ leader: PID) {
        let hasOutlived = group(of: id, leader: leader)?.outlived != nil
        let isEmpty = lingering.isEmpty(leader, of: id, hasOutlived: hasOutlived) {
            isTreeEmpty($0, leader: $1)
        }
        if isEmpty { fleet.handle(.groupEmptied, for: id, at: now) }
    }

    /// The guardian has gone, and who lost his parents is others' from now on.
    func abandonLingering() {
        for member in fleet.allMembers {
            guard case .emptying(let run, _, _) = member.machine.phase else { continue }
            children[member.id]?.isAbandoned = true
            outlive(member.id)
            inspect(member.id, run.pid)
        }
        runEffects()
    }

    /// Watches one of those who are left of a run that has outlived its guardian.
    ///
    /// They have been adopted by others, and nobody tells when the last of them has ended. So one of
    /// them is watched, and then the next. Where that cannot be done the end of stopwaitsecs is the
    /// moment to look again.
    func follow(_ group: RunGroups.Group, _ id: MemberID) {
        let living = group.living
        guard !living.isEmpty, let child = children[id] else { return }
        if child.isStopResumed {
            child.isStopResumed = false
            let count = living.count == 1 ? "1 process is" : "\(living.count) processes are"
            log.warning("\(child.name): \(count) left of the run before; its stop goes on")
        }
        guard witnesses[id] == nil, let witness = living.lazy.compactMap(Survivor.init).first
        else { return }
        do throws(SystemError) {
            try reactor.add(
                witness.process.descriptor,
                token: Source.firstWitness.rawValue + UInt64(id.rawValue)
            )
            witnesses[id] = witness
        } catch {
            log.error("cannot watch what is left of \(child.name): \(error)")
        }
    }

    /// A witness is needed no more.
    func unfollow(_ id: MemberID) {
        guard let witness = witnesses.removeValue(forKey: id) else { return }
        try? reactor.remove(witness.process.descriptor)
    }

    /// Somebody of a run that nobody else tells of has ended.
    func witnessEnded(_ id: MemberID) {
        unfollow(id)
        tellEmptied()
    }
}
