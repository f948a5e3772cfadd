// SPDX-License-Identifier: Apache-2.0

import Supervision

/// A digest of everything that happened (FNV-1a), equal for equal runs in every process.
struct TraceHash: Sendable {
    private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

    mutating func mix(_ number: Int64) {
        value = (value ^ UInt64(bitPattern: number)) &* 0x100_0000_01B3
    }

    mutating func mix(_ effect: FleetEffect, at now: Instant) {
        mix(now.nanoseconds)
        switch effect {
        case .spawn(let id): mix([1, id.rawValue])
        case .terminate(let id, let pid, let signal, let toGroup):
            mix([2, id.rawValue, Int(pid), Int(signal.rawValue), toGroup ? 1 : 0])
        case .kill(let id, let pid, let toGroup):
            mix([3, id.rawValue, Int(pid), toGroup ? 1 : 0])
        case .inspectGroup(let id, let pid): mix([4, id.rawValue, Int(pid)])
        case .report(let report): mix(report)
        case .answer(let ticket, let outcomes):
            mix([6, Int(ticket.rawValue), outcomes.count])
            for outcome in outcomes { mix(outcome) }
        case .removed(let id): mix([7, id.rawValue])
        case .shutdownComplete: mix(8)
        }
    }

    private mutating func mix(_ report: FleetReport) {
        switch report {
        case .spawned(let id, _, let pid): mix([10, id.rawValue, Int(pid)])
        case .spawnFailed(let id, _, _): mix([11, id.rawValue])
        case .startAborted(let id, _, let pid): mix([17, id.rawValue, Int(pid)])
        case .exited(let id, _, let pid, _, let expected, let wasStopping):
            mix([12, id.rawValue, Int(pid), expected ? 1 : 0, wasStopping ? 1 : 0])
        case .changed(let id, _, let change):
            let (from, to) = (change.from.rawValue, change.to.rawValue)
            mix([13, id.rawValue, from, to, Int(change.livePID ?? 0)])
        case .killing(let id, _, let pid): mix([14, id.rawValue, Int(pid)])
        case .waiting(let id, _): mix([15, id.rawValue])
        case .anomaly(let id, _, _): mix([16, id.rawValue])
        }
    }

    private mutating func mix(_ outcome: CommandOutcome) {
        for byte in outcome.name.description.utf8 { mix(Int64(byte)) }
        mix(outcome.action == .started ? 1 : 2)
        mix(outcome.failure == nil ? 0 : 1)
    }

    private mutating func mix(_ numbers: [Int]) {
        for number in numbers { mix(Int64(number)) }
    }
}
