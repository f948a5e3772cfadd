// SPDX-License-Identifier: Apache-2.0

private import Glibc
package import Supervision

/// Kills everything that belongs to a run where there are no cgroups.
///
/// Whoever forks faster than /proc can be read gets away from a loop that kills what it finds. So
/// all that are found are stopped first, and those that they made meanwhile, until a look finds
/// nobody new: what is stopped makes no more. Then all are killed.
package enum ProcessSweep {
    /// Kills the processes of runs; it may take until the limit, so it has a thread of its own.
    ///
    /// - Parameters:
    ///   - runs: The runs of which nothing is to be left.
    ///   - adopters: See `ProcessTree.attribute`; they are never killed.
    ///   - limit: When to give up; those found so far are killed all the same.
    /// - Returns: What still lives, for each run.
    package static func kill(
        _ runs: [ProcessTree.Run],
        adopters: Set<Int32>,
        within limit: Duration
    ) -> [[ProcessStat]] {
        let end = MonotonicClock.now().advanced(by: limit)
        var left: [[ProcessStat]] = []
        var stopped: [Int32: ProcessStat] = [:]
        repeat {
            stopped = [:]
            var isSettled = false
            while !isSettled {
                let (found, isWhole) = lookOnce(runs, adopters: adopters)
                let fresh = found.joined().filter {
                    stopped[$0.pid]?.startTicks != $0.startTicks
                }
                isSettled = (fresh.isEmpty && isWhole) || MonotonicClock.now() > end
                for process in fresh {
                    stopped[process.pid] = process
                    send([.stop], to: process)
                }
            }
            for process in stopped.values { send([.kill], to: process) }
            left = look(runs, adopters: adopters)
        } while waits(for: Array(left.joined()), killed: stopped, until: end)
        return left
    }

    /// Waits until one of those that are left has ended, and another look makes sense.
    ///
    /// Who has been killed makes no more and only has to die. Where the kernel holds all of them (D)
    /// that may take for ever.
    private static func waits(
        for left: [ProcessStat],
        killed: [Int32: ProcessStat],
        until end: Instant
    ) -> Bool {
        let rest = end.duration(since: MonotonicClock.now())
        guard !left.isEmpty, rest > .zero else { return false }
        guard left.allSatisfy({ killed[$0.pid]?.startTicks == $0.startTicks }) else { return true }
        guard let dying = left.first(where: { !$0.isHeld }) else { return false }
        switch PidDescriptor.of(dying.pid) {
        case .some(let held) where held.identity.startTicks == dying.startTicks:
            held.waitForEnd(atMost: rest)
        case .some: break
        case nil: usleep(10_000)
        }
        return true
    }

    /// The processes of each run that have not ended.
    ///
    /// What moves can be missed by one look, so none are believed only when a second look, at
    /// which nobody got away unseen, has found none either.
    package static func look(
        _ runs: [ProcessTree.Run],
        adopters: Set<Int32>
    ) -> [[ProcessStat]] {
        var (found, _) = lookOnce(runs, adopters: adopters)
        for _ in 0..<mostLooks where found.contains(where: \.isEmpty) {
            let (again, isWhole) = lookOnce(runs, adopters: adopters)
            found = zip(found, again).map { $0.isEmpty ? $1 : $0 }
            if isWhole { break }
        }
        return found
    }

    private static let mostLooks = 100

    /// The marks with a tag that orphans have, whose runs may have ended.
    package static func marks(tagged tag: String, adopters: Set<Int32>) -> Set<String> {
        let tree = ProcessTree.read(adopters: adopters)
        return Set(
            tree.marks.values.compactMap { reading in
                guard case .mark(let text) = reading, text.hasSuffix(":\(tag)") else { return nil }
                return text
            }
        )
    }

    private static func lookOnce(
        _ runs: [ProcessTree.Run],
        adopters: Set<Int32>
    ) -> (found: [[ProcessStat]], isWhole: Bool) {
        let oldest = runs.compactMap(\.outlived?.begun).min()
        let tree = ProcessTree.read(adopters: adopters, marksSince: oldest)
        let found = tree.attribute(runs, adopters: adopters).map { pids in
            pids.compactMap { tree.processes[$0] }.filter { !$0.hasEnded }
        }
        return (found, !tree.mayHaveMissed)
    }

    /// Sends signals unless the pid is another process's by now.
    package static func send(_ signals: [Signal], to process: ProcessStat) {
        guard let identity = ProcessIdentity.of(process.pid),
            identity.startTicks == process.startTicks
        else { return }
        let held = identity.open()
        for signal in signals {
            switch held {
            case .some(let held): _ = try? held.send(signal)
            case .none: _ = try? ProcessSignals.send(signal, to: process.pid)
            }
        }
    }
}
