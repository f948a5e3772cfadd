// SPDX-License-Identifier: Apache-2.0

private import Glibc
private import Supervision
private import Synchronization
private import SystemPackage

/// Whose turn it is with a pipe: a log thread's, which moves bytes out of it, or the core's.
///
/// The kernel locks a pipe for as long as a splice to a file takes. Who opens it meanwhile, or asks
/// how much is in it, waits as long as the disk hangs, and no signal ends that. So the core does
/// such things between splices, and where a splice takes too long it leaves the pipe alone.
package final class PipeTurn: Sendable {
    private struct State {
        var isMoving = false
        var isAwaited = false
    }

    private let state = Mutex(State())
    private let bell: Bell

    /// - Parameter bell: What is rung when the core waits for a turn; one for all pipes.
    package init(_ bell: Bell) {
        self.bell = bell
    }

    /// Bytes are being moved out of the pipe from now on, perhaps for as long as a disk hangs.
    package func begin() {
        state.withLock { $0.isMoving = true }
    }

    /// They have been moved.
    package func end() {
        let isAwaited = state.withLock { state in
            defer { state = State() }
            return state.isAwaited
        }
        if isAwaited { bell.ring() }
    }

    /// Whether nothing is being moved, or has been soon enough.
    package func isIdle(within patience: Duration) -> Bool {
        let end = MonotonicClock.now().advanced(by: patience)
        while true {
            let isMoving = state.withLock { state in
                state.isAwaited = state.isMoving
                return state.isMoving
            }
            let left = end.duration(since: MonotonicClock.now())
            if !isMoving || left <= .zero { return !isMoving }
            bell.wait(left)
        }
    }

    /// Does something to the pipe that takes no time; nil when bytes are being moved.
    func whileIdle<Result: Sendable>(
        _ body: () throws(SystemError) -> Result
    ) throws(SystemError) -> Result? {
        try state.withLock { state throws(SystemError) in state.isMoving ? nil : try body() }
    }
}

extension PipeTurn {
    /// Opens the pipe by a path that is known to lead to it.
    ///
    /// - Throws: `SystemError`; EBUSY while bytes are being moved.
    func open(_ path: String, _ flags: Int32) throws(SystemError) -> OwnedDescriptor {
        let number = try whileIdle { () throws(SystemError) in
            try retrying("open", path) { Glibc.open(path, flags) }
        }
        guard let number else { throw SystemError("open", path, errno: .resourceBusy) }
        return OwnedDescriptor(owning: number)
    }
}

extension PipeTurn: Hashable {
    package static func == (one: PipeTurn, other: PipeTurn) -> Bool { one === other }

    package func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}
