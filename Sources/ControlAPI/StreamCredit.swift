// SPDX-License-Identifier: Apache-2.0

private import Synchronization

/// How much a stream's client may still be sent, shared by the source and the control thread.
///
/// The source takes credit before it delivers; the control thread gives it back when the bytes
/// have left for the client. So a stopped client costs a bounded amount of memory.
package final class StreamCredit: Sendable {
    private struct State {
        var available: Int
        var isCancelled = false
        var whenCancelled: (@Sendable () -> Void)?
    }

    private let state: Mutex<State>

    package init(bytes: Int = 256 * 1024) {
        state = Mutex(State(available: bytes))
    }

    /// Takes up to `wanted` bytes of credit and answers how many were to be had.
    package func take(_ wanted: Int) -> Int {
        state.withLock { state in
            let taken = min(wanted, max(0, state.available))
            state.available -= taken
            return taken
        }
    }

    /// Gives back the credit of bytes that have been sent.
    package func giveBack(_ count: Int) {
        state.withLock { $0.available += count }
    }

    /// Tells the source that nobody listens any more.
    package func cancel() {
        let told = state.withLock { state in
            state.isCancelled = true
            let told = state.whenCancelled
            state.whenCancelled = nil
            return told
        }
        told?()
    }

    /// Has the source told of a cancellation, once; at once when it has happened already.
    package func whenCancelled(_ body: @escaping @Sendable () -> Void) {
        let isCancelled = state.withLock { state in
            if !state.isCancelled { state.whenCancelled = body }
            return state.isCancelled
        }
        if isCancelled { body() }
    }

    package var isCancelled: Bool {
        state.withLock { $0.isCancelled }
    }
}
