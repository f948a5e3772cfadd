// SPDX-License-Identifier: Apache-2.0

import Logging
import Platform
import Supervision

/// The end of a stop: of runs whose leader has gone while others of them live on.
extension Daemon {
    /// Ends a stop if nothing is left of its run.
    ///
    /// Who is left of a run that has outlived its guardian has been adopted by others, and nobody
    /// tells when the last of them has ended. So one of them is watched, and then the next.
    func inspect(_ id: MemberID, _ leader: PID) {
        let isAbandoned = children[id]?.isAbandoned ?? false
        for _ in 0..<Self.mostLooks {
            let isEmpty = lingering.isEmpty(leader, of: id, isAbandoned: isAbandoned) {
                isTreeEmpty($0, leader: $1)
            }
            if isEmpty {
                fleet.handle(.groupEmptied, for: id, at: now)
                return
            }
            guard isAbandoned else { return }
            if let witness = lingering.witness(of: id) ?? groups.current[id]?.someone {
                if follow(witness, id) { return }
            } else if lingering.isGone(id) {
                // A look is under way, or a cgroup tells.
                return
            }
        }
    }

    /// Who is to be watched may have ended since he was seen, but not for ever.
    private static let mostLooks = 10

    /// Looks again at a stop that waits for its run to be empty, where nobody else tells of that.
    func inspectAbandoned(_ id: MemberID) {
        guard children[id]?.isAbandoned == true, case .emptying(let run, _, _)? = phase(of: id)
        else { return }
        inspect(id, run.pid)
        runEffects()
    }

    /// The guardian has gone, and who lost his parents is others' from now on.
    func abandonLingering() {
        for member in fleet.allMembers {
            guard case .emptying = member.machine.phase else { continue }
            children[member.id]?.isAbandoned = true
            inspectAbandoned(member.id)
        }
    }

    private func phase(of id: MemberID) -> ProcessMachine.Phase? { fleet[id]?.machine.phase }

    private func follow(_ witness: ProcessStat, _ id: MemberID) -> Bool {
        unfollow(id)
        guard let process = PidDescriptor.of(witness.pid),
            process.identity.startTicks == witness.startTicks
        else { return false }
        do throws(SystemError) {
            try reactor.add(
                process.descriptor,
                token: Source.firstWitness.rawValue + UInt64(id.rawValue)
            )
        } catch {
            log.error(
                "cannot watch what is left of \(children[id]?.name.description ?? "?"): \(error)"
            )
            return false
        }
        witnesses[id] = Survivor(process)
        return true
    }

    /// A witness is needed no more.
    func unfollow(_ id: MemberID) {
        guard let witness = witnesses.removeValue(forKey: id) else { return }
        try? reactor.remove(witness.process.descriptor)
    }

    /// Somebody of a run that nobody else tells of has ended.
    func witnessEnded(_ id: MemberID) {
        unfollow(id)
        inspectAbandoned(id)
    }
}
