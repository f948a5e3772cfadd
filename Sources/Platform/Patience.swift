// SPDX-License-Identifier: Apache-2.0

private import Glibc
private import Supervision
private import Synchronization
private import SystemPackage

/// Calls that may hang with a disk, made on threads of their own and waited for only so long.
///
/// A thread that is stuck in the kernel cannot be ended; it is left behind, and while a few of
/// them are, nothing more is begun. So a caller waits for a handful of time limits at most,
/// however many calls it makes.
package final class Patience: Sendable {
    private let limit: Duration
    private let stuck = Mutex(0)

    private static let most = 4

    package init(limit: Duration) {
        self.limit = limit
    }

    /// Makes one call.
    ///
    /// - Parameters:
    ///   - name: what the thread is called.
    ///   - body: what is done, and what the caller gets.
    /// - Returns: what came of it; nil when it took too long, or others still do.
    /// - Throws: `SystemError` when there are no threads or descriptors to be had.
    package func call<Result: Sendable>(
        _ name: String,
        _ body: @escaping @Sendable () -> Result
    ) throws(SystemError) -> Result? {
        guard stuck.withLock({ $0 }) < Self.most else { return nil }
        let answer = try Mailbox<Result>(capacity: 1)
        var reactor = try Reactor(batch: 1)
        try reactor.add(answer.descriptor, token: 0)
        stuck.withLock { $0 += 1 }
        do throws(SystemError) {
            _ = try Thread(name: name) { [self] in
                let result = body()
                stuck.withLock { $0 -= 1 }
                answer.post(result)
            }
        } catch {
            stuck.withLock { $0 -= 1 }
            throw error
        }
        let end = MonotonicClock.now().advanced(by: limit)
        var events: [Reactor.Event] = []
        while events.isEmpty {
            let left = end.duration(since: MonotonicClock.now())
            guard left > .zero else { return nil }
            try reactor.wait(timeout: left, into: &events)
        }
        return answer.takeAll().first
    }
}
