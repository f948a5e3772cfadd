// SPDX-License-Identifier: Apache-2.0

private import CSpawn
private import Glibc
private import Synchronization

/// The one way for values to cross from thread to thread: a bounded queue with an eventfd.
///
/// Any thread may post; the owner watches `descriptor` in its reactor and takes everything at
/// once. A full mailbox refuses what comes and counts it, it never blocks the sender.
package final class Mailbox<Message: Sendable>: Sendable {
    private struct State {
        var messages: [Message] = []
        var refused: UInt64 = 0
    }

    private let state = Mutex(State())
    private let capacity: Int
    /// Readable while messages wait; only the owner of the mailbox reads it.
    package let descriptor: OwnedDescriptor

    /// Makes an empty mailbox for at most `capacity` messages (`eventfd`).
    package init(capacity: Int) throws(SystemError) {
        self.capacity = capacity
        descriptor = OwnedDescriptor(
            owning: try retrying("eventfd") {
                eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
            }
        )
    }

    /// Puts a message at the end; false when the mailbox was full and the message is lost.
    @discardableResult
    package func post(_ message: sending Message) -> Bool {
        let (accepted, wasEmpty) = state.withLock { state in
            guard state.messages.count < capacity else {
                state.refused += 1
                return (false, false)
            }
            state.messages.append(message)
            return (true, state.messages.count == 1)
        }
        if wasEmpty { wake() }
        return accepted
    }

    /// Tried again, because a message that nobody is woken for would wait for ever.
    private func wake() {
        var one: UInt64 = 1
        var tries = 0
        while write(descriptor.rawValue, &one, 8) != 8, errno != EAGAIN, tries < 8 { tries += 1 }
    }

    /// Everything that waits, oldest first; the mailbox is empty afterwards.
    package func takeAll() -> [Message] {
        var count: UInt64 = 0
        _ = read(descriptor.rawValue, &count, 8)
        return state.withLock { state in
            var taken: [Message] = []
            swap(&taken, &state.messages)
            return taken
        }
    }

    /// How many messages were refused because the mailbox was full.
    package var refusedCount: UInt64 {
        state.withLock { $0.refused }
    }
}
