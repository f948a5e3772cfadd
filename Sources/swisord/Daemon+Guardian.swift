// SPDX-License-Identifier: Apache-2.0

import Logging
import Logs
import Platform
import Supervision
import SystemPackage

/// Life without a guardian, and with programs that are not our children.
extension Daemon {
    /// The guardian has been killed: what it did is done here from now on, as far as it can be.
    ///
    /// Its children are whoever adopts orphans now; they are watched by their descriptors. New
    /// programs are children of this process.
    func guardianHasGone() {
        guard guardian.state == .watching else { return }
        guardian.haveGone()
        log.critical("the guardian has died; programs run on, but a crash of this process is final")
        nameplate.rename(to: guardian.mainPID, log, patience)
        if case .guardian(let link) = exits { try? reactor.remove(link.descriptor) }
        exits = .children
        lastWords.forgetChildren()
        store.guardianHasGone()
        outlets.logs.loseJournal()
        do throws(SystemError) {
            try Subreaper.enable()
        } catch {
            log.error("orphans of programs will not be seen: \(error)")
        }
        for (pid, id) in members {
            guard let child = children[id] else { continue }
            watch(id, pid, child.release())
        }
        abandonLingering()
        isReaping = true
    }

    /// Leaves the next manager what it needs to make the same configuration.
    func keepConfiguration() {
        guard case .guardian = exits else { return }
        do throws(SystemError) {
            guard let bytes = loaded.history.bytes else {
                throw SystemError("memfd", "configuration", errno: .fileTooLarge)
            }
            store.keep(try MemoryFile.make("swisord-configuration", bytes), as: .configuration)
        } catch {
            // By the one before it would stop what has been added since.
            store.drop(.configuration)
            log.error("a manager that follows this one will read the file again: \(error)")
        }
    }

    /// Leaves the next manager the reason why the last reload was refused, or none.
    func keepReloadError() {
        guard case .guardian = exits else { return }
        guard let reloadError else { return store.drop(.reloadError) }
        do throws(SystemError) {
            let file = try MemoryFile.make("swisord-reload-error", Array(reloadError.utf8))
            store.keep(file, as: .reloadError)
        } catch {
            log.error("a manager that follows this one will not tell of it: \(error)")
        }
    }

    /// Has the guardian get what its socket had no room for, as soon as it has.
    func keepSending() {
        guard case .guardian(let link) = exits, link.wantsWrite != isSendingLater else { return }
        isSendingLater = link.wantsWrite
        let interest: Reactor.Readiness = isSendingLater ? [.readable, .writable] : .readable
        try? reactor.modify(link.descriptor, token: Source.guardian.rawValue, for: interest)
    }

    /// Watches a process that is no child; what has ended already is dealt with at once.
    func watch(_ id: MemberID, _ pid: PID, _ process: consuming PidDescriptor?) {
        children[id]?.isAbandoned = true
        guard let process else {
            members[pid] = nil
            outlive(id)
            handleExit(of: id, .unknown, pid: nil)
            return
        }
        if case .alive = process.ending { children[id]?.seenTicks = BootClock.ticks() }
        outlive(id)
        store.keep(process, of: id)
        let survivor = Survivor(process)
        survivors[id] = survivor
        members[pid] = id
        do throws(SystemError) {
            try reactor.add(survivor.process.descriptor, token: survivorToken(id))
        } catch {
            log.error("cannot watch \(children[id]?.name.description ?? "pid \(pid)"): \(error)")
        }
    }

    private func survivorToken(_ id: MemberID) -> UInt64 {
        Source.firstSurvivor.rawValue + UInt64(id.rawValue)
    }

    /// A watched process may have ended.
    func survivorEnded(_ id: MemberID) {
        guard let survivor = survivors[id] else { return }
        switch survivor.process.ending {
        case .alive: return
        case .unreaped:
            // Whoever reaps it makes its status known; until then it stays readable.
            try? reactor.modify(survivor.process.descriptor, token: survivorToken(id), for: [])
        case .ended(let status):
            // It would go on telling its end.
            try? reactor.remove(survivor.process.descriptor)
            if !awaitsLastWords(of: .survivor(status), id) { bury(id, status) }
        }
    }

    /// Deals with the end of a watched process.
    func bury(_ id: MemberID, _ status: ExitStatus) {
        guard let survivor = survivors.removeValue(forKey: id) else { return }
        // Whoever reaped it may have made room for another of ours.
        if members[survivor.pid] == id { members[survivor.pid] = nil }
        handleExit(of: id, status, pid: nil)
        // Once it is recorded: a manager that dies in between is followed by one that asks again.
        store.dropOrphan(of: id)
        tellEmptied()
    }
}

extension MemberID {
    /// The member whose token this is.
    init(token: UInt64, after first: Daemon.Source) {
        self.init(rawValue: Int(token - first.rawValue))
    }
}
