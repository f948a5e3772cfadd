// SPDX-License-Identifier: Apache-2.0

import Platform
package import Supervision
private import Synchronization

/// A log whose disk keeps a log thread waiting.
package struct Stall: Hashable, Sendable {
    /// Whose log the thread is at.
    package let stream: StreamID
    /// Since when.
    package let since: Instant

    package init(stream: StreamID, since: Instant) {
        self.stream = stream
        self.since = since
    }
}

/// Notices that a disk does not answer, for threads that cannot say so themselves.
///
/// A thread in a file call on a hung disk cannot be woken, not even by SIGKILL. So each marks what
/// it is at before it touches a file, and the first to do so sets an alarm, which another thread
/// waits for. While nothing is written there is no alarm either.
final class DiskWatch: Sendable {
    let alarm: Alarm
    private let isSet = Atomic<Bool>(false)

    /// How long a disk may take before it is said not to answer.
    static let patience = Duration.seconds(2)
    /// How often a disk that does not answer is looked after.
    static let interval = Duration.seconds(1)

    init() throws(SystemError) {
        alarm = try Alarm()
    }

    /// Has the alarm go off in a while, if it is not to anyway.
    func begin() {
        if isSet.load(ordering: .relaxed) { return }
        set(after: Self.patience)
    }

    private func set(after delay: Duration) {
        let (isOurs, _) = isSet.compareExchange(
            expected: false,
            desired: true,
            ordering: .sequentiallyConsistent
        )
        if isOurs { alarm.set(after: delay) }
    }

    /// Answers which of these threads wait for a disk, and sets the alarm for the next look.
    func look(at marks: [WorkMark], _ now: Instant) -> [Stall] {
        alarm.acknowledge()
        isSet.store(false, ordering: .sequentiallyConsistent)
        let busy = marks.compactMap(\.work)
        let stalls = busy.filter { now.duration(since: $0.since) >= Self.patience }
        if !stalls.isEmpty {
            set(after: Self.interval)
        } else if let oldest = busy.map(\.since).min() {
            set(after: oldest.advanced(by: Self.patience).duration(since: now))
        }
        return stalls
    }
}

/// What one log thread is at, for others to see.
final class WorkMark: Sendable {
    private let watch: DiskWatch?
    /// The start of the work in nanoseconds, 0 while there is none.
    private let since = Atomic<Int64>(0)
    private let stream = Atomic<Int>(0)
    private let number = Atomic<Int32>(0)

    init(_ watch: DiskWatch?) {
        self.watch = watch
    }

    /// The kernel's number of the thread, once that has said that it works.
    var thread: Int32 {
        get { number.load(ordering: .relaxed) }
        set { number.store(newValue, ordering: .relaxed) }
    }

    /// The thread turns to this log.
    func begin(_ id: StreamID, at now: Instant) {
        stream.store(id.rawValue, ordering: .relaxed)
        since.store(max(1, now.nanoseconds), ordering: .sequentiallyConsistent)
        watch?.begin()
    }

    /// The thread has nothing to do with files for now.
    func end() {
        since.store(0, ordering: .releasing)
    }

    var work: Stall? {
        let since = since.load(ordering: .sequentiallyConsistent)
        guard since != 0 else { return nil }
        return Stall(
            stream: StreamID(rawValue: stream.load(ordering: .relaxed)),
            since: Instant(nanoseconds: since)
        )
    }
}
