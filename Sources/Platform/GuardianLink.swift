// SPDX-License-Identifier: Apache-2.0

private import CSpawn
private import Glibc
package import Supervision
private import SystemPackage

/// The manager's side of the socket that it shares with the guardian (see `guardian.h`).
///
/// Only `hello` and `fetch`, at the start, wait for an answer. What the socket has no room for
/// stays in an outbox, with descriptors of its own, until `flush`. When the guardian has gone
/// (`isGone`) nothing is sent any more and nothing fails.
package final class GuardianLink {
    /// What the guardian says first.
    package struct Welcome: Hashable, Sendable {
        package let version: Int32
        /// The how-manieth manager this is, from 1.
        package let start: Int
        /// The guardian's pid.
        package let guardian: Int32
        /// How the manager before this one ended; nil for the first.
        package let lastExit: ExitStatus?
        /// How many managers have died unplanned in the last 60 seconds.
        package let recentCrashes: Int
        /// The soft RLIMIT_NOFILE before the guardian raised its own.
        package let openFiles: UInt64
        /// Whether this manager is on trial: its executable came by `upgrade`.
        package let cameByUpgrade: Bool
        /// Whether the one before was on trial and failed.
        package let wasRolledBack: Bool
        /// Why an earlier manager could not go on (`failed`); empty if none said so.
        package let text: String
    }

    /// Readable when an exit may be there; watch it with `.writable` too while `wantsWrite`.
    package let descriptor: OwnedDescriptor
    /// Whether the guardian has gone and all that it told was read.
    package private(set) var isGone = false
    /// Whether the guardian may know of exits that it has not told: one at a time is told.
    package private(set) var expectsMore = false
    /// How many descriptors the guardian could not keep, because it has no numbers left.
    package private(set) var refused = 0
    /// Whether descriptors came that this process had no numbers for.
    private var isShort = false
    private var outbox: [Parcel] = []

    /// Uses one end of a SOCK_SEQPACKET socket pair.
    package init(over descriptor: consuming OwnedDescriptor) {
        self.descriptor = descriptor
    }

    /// Whether a guardian has left a link in the environment: this process is a manager.
    package static var isInherited: Bool { getenv("SWISORD_MANAGER") != nil }

    /// The link that the guardian left in the environment; nil when there is no guardian.
    ///
    /// It is taken out of the environment: call it before the first thread is started.
    ///
    /// - Throws: `SystemError` when the number is no socket.
    package static func inherited() throws(SystemError) -> GuardianLink? {
        guard let entry = getenv("SWISORD_MANAGER") else { return nil }
        let text = String(cString: entry)
        unsetenv("SWISORD_MANAGER")
        let number = Int32(text) ?? -1
        var type: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        _ = try retrying("getsockopt", "SWISORD_MANAGER=\(text)") {
            getsockopt(number, SOL_SOCKET, SO_TYPE, &type, &size)
        }
        _ = try retrying("fcntl", "SWISORD_MANAGER=\(text)") {
            fcntl(number, F_SETFD, FD_CLOEXEC)
        }
        return GuardianLink(over: OwnedDescriptor(owning: number))
    }

    /// Introduces this manager and waits for the answer.
    ///
    /// - Throws: `SystemError`; ECONNRESET when the guardian has gone.
    package func hello() throws(SystemError) -> Welcome {
        send(Parcel(SWISORD_HELLO, value: SWISORD_GUARDIAN_VERSION))
        return Welcome(try answer(SWISORD_WELCOME).message)
    }

    /// Everything that is stored: descriptors, which are the caller's from now on, by slot.
    ///
    /// - Throws: `SystemError`; ECONNRESET when the guardian has gone, EMFILE when there are more
    ///   than this process may have open.
    package func fetch() throws(SystemError) -> [Int: Int32] {
        var stored: [Int: Int32] = [:]
        var next: Int32 = 0
        while next >= 0 {
            send(Parcel(SWISORD_FETCH, value: next))
            let parcel = try answer(SWISORD_STORED)
            for (slot, descriptor) in zip(parcel.slots, parcel.takeDescriptors()) {
                stored[slot] = descriptor
            }
            next = parcel.value
        }
        return stored
    }

    /// Has the guardian keep copies of descriptors; what a slot held before is closed.
    package func store(_ entries: [(slot: Int, descriptor: Int32)]) {
        var rest = entries[...]
        while !rest.isEmpty {
            let part = rest.prefix(Int(SWISORD_GUARDIAN_BATCH))
            rest = rest.dropFirst(part.count)
            send(
                Parcel(SWISORD_STORE, slots: part.map(\.slot), descriptors: part.map(\.descriptor))
            )
        }
    }

    /// Has the guardian close its copies.
    package func drop(_ slots: [Int]) {
        var rest = slots[...]
        while !rest.isEmpty {
            let part = rest.prefix(Int(SWISORD_GUARDIAN_BATCH))
            rest = rest.dropFirst(part.count)
            send(Parcel(SWISORD_DROP, slots: Array(part)))
        }
    }

    /// Has the guardian keep in another slot what it keeps in one; what was there is closed.
    ///
    /// A guardian that was started by a version before this message leaves everything as it is.
    package func move(_ slots: [(from: Int, to: Int)]) {
        var rest = slots[...]
        while !rest.isEmpty {
            let part = rest.prefix(Int(SWISORD_GUARDIAN_BATCH) / 2)
            rest = rest.dropFirst(part.count)
            send(Parcel(SWISORD_MOVE, slots: part.flatMap { [$0.from, $0.to] }))
        }
    }

    /// From now on exits are told, and signals passed on.
    package func listen() { send(Parcel(SWISORD_LISTEN)) }

    /// From now on a manager that dies is started again.
    package func ready() { send(Parcel(SWISORD_READY)) }

    /// The exit is known for good: the guardian may reap the child and tell the next.
    package func acknowledge(_ pid: Int32) {
        expectsMore = !isGone
        send(Parcel(SWISORD_ACK, value: pid))
    }

    /// When this process has ended, the guardian ends with `code` (0 to 255).
    package func farewell(_ code: Int32) { send(Parcel(SWISORD_FAREWELL, value: code)) }

    /// When this process has ended, `executable` is executed in its place.
    package func upgrade(to executable: borrowing OwnedDescriptor) {
        send(Parcel(SWISORD_UPGRADE, descriptors: [executable.rawValue]))
    }

    /// Why this manager cannot go on, for the next one's `Welcome`; 512 bytes are kept.
    package func failed(_ text: String) { send(Parcel(SWISORD_FAILED, text: text)) }

    /// What is told of one child; nil when there is nothing to be told, also at the end (`isGone`).
    ///
    /// After an exit the next comes only when it has been acknowledged and `collected` was told.
    package func next() -> ExitSource.News? {
        while let parcel = receive() {
            let message = parcel.message
            switch message.kind {
            case SWISORD_EXIT.rawValue:
                let status = ExitStatus(code: message.code, status: message.status)
                return .ended(ReapedChild(pid: message.value, status: status))
            case SWISORD_REAPED.rawValue:
                expectsMore = message.count != 0
                return .collected(message.value)
            default: continue
            }
        }
        return nil
    }

    /// The next exit of a child, for who has no use for more.
    package func nextExit() -> ReapedChild? {
        while let news = next() {
            if case .ended(let child) = news { return child }
        }
        return nil
    }

    /// Whether something waits for room in the socket.
    package var wantsWrite: Bool { !outbox.isEmpty }

    /// Sends what waits, as far as there is room.
    package func flush() {
        var sent = 0
        while sent < outbox.count, transmit(outbox[sent]) { sent += 1 }
        outbox.removeFirst(sent)
    }

    private func send(_ parcel: Parcel) {
        if outbox.isEmpty, transmit(parcel) { return }
        parcel.keepDescriptors()
        outbox.append(parcel)
    }

    /// Whether it needs no more sending: it is gone, or there is nobody to send it to.
    private func transmit(_ parcel: Parcel) -> Bool {
        if isGone || parcel.send(to: descriptor.rawValue) { return true }
        switch errno {
        // There is nobody; what it told before it went is still to be read.
        case EPIPE, ECONNRESET, ENOTCONN: return true
        default:
            // EAGAIN; ETOOMANYREFS and ENOBUFS pass as well.
            return false
        }
    }

    private func receive() -> Parcel? {
        while true {
            if let parcel = Parcel(from: descriptor.rawValue) {
                guard parcel.kind == SWISORD_REFUSED.rawValue else { return parcel }
                refused += Int(parcel.message.count)
                continue
            }
            switch errno {
            case 0:
                isGone = true
                return nil
            // No message, or an error that comes once, before what is still to be read.
            case EBADMSG, ECONNRESET, EINTR: continue
            case EMFILE:
                isShort = true
                return nil
            default: return nil
            }
        }
    }

    /// Waits for an answer, sending what is still to be sent.
    private func answer(_ kind: swisord_guardian_kind) throws(SystemError) -> Parcel {
        while true {
            flush()
            while let parcel = receive() {
                if parcel.kind == kind.rawValue { return parcel }
            }
            if isGone { throw SystemError("recvmsg", "guardian", errno: .connectionReset) }
            if isShort { throw SystemError("recvmsg", "guardian", errno: .tooManyOpenFiles) }
            let events = Int16(wantsWrite ? POLLIN | POLLOUT : POLLIN)
            var watched = pollfd(fd: descriptor.rawValue, events: events, revents: 0)
            _ = poll(&watched, 1, -1)
        }
    }
}

extension GuardianLink.Welcome {
    fileprivate init(_ message: swisord_guardian_message) {
        version = message.value
        start = Int(message.start)
        guardian = message.guardian
        lastExit =
            message.code == 0 ? nil : ExitStatus(code: message.code, status: message.status)
        recentCrashes = Int(message.crashes)
        openFiles = message.open_files
        cameByUpgrade = message.flags & SWISORD_UPGRADED.rawValue != 0
        wasRolledBack = message.flags & SWISORD_ROLLED_BACK.rawValue != 0
        text = withUnsafeBytes(of: message.text) {
            String(decoding: $0.prefix(Int(message.count)), as: UTF8.self)
        }
    }
}
