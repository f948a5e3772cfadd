// SPDX-License-Identifier: Apache-2.0

private import Synchronization

/// How far a log thread has read an output, for whoever has to know where something in it ended.
///
/// A pipe outlives the processes that write to it one after the other. When one has ended and the
/// next has not begun, its words end where the pipe does: behind what was taken out of it, which is
/// counted here, and what is in it still.
package final class ReadPosition: Sendable {
    private struct State: Equatable {
        var taken: UInt64 = 0
        /// Whether bytes are being taken out that are not counted yet.
        var isMoving = false
    }

    private let state = Mutex(State())

    package init() {}

    /// Bytes may be taken out from now on.
    func begin() {
        state.withLock { $0.isMoving = true }
    }

    /// So many have been.
    func advance(by count: Int) {
        state.withLock { state in
            state.taken += UInt64(count)
            state.isMoving = false
        }
    }

    /// How many bytes have yet to be taken out until this end is reached.
    func distance(to end: UInt64) -> Int {
        let taken = state.withLock { $0.taken }
        return end > taken ? Int(clamping: end - taken) : 0
    }

    /// Where the output ends at present; nil when it is being read, or for want of its length.
    ///
    /// - Parameter waiting: Answers how much is in the pipe.
    /// - Returns: The place, in bytes from where the counting began.
    package func end(_ waiting: () -> Int?) -> UInt64? {
        let before = state.withLock { $0 }
        guard !before.isMoving, let count = waiting(), state.withLock({ $0 }) == before else {
            return nil
        }
        return before.taken + UInt64(count)
    }
}
