// SPDX-License-Identifier: Apache-2.0

import Supervision

/// The record of a member, from a state file that anything may have happened to.
enum RecordFuzz {
    static func run(_ bytes: [UInt8]) throws(Finding) {
        let now = Instant(nanoseconds: 1_000_000_000_000_000)
        guard let record = try? MemberRecord(bytes[...], at: now) else { return }
        guard let written = record.encoded() else { throw Finding("\(record) cannot be written") }
        try require(written.count <= MemberRecord.maximumBytes, "\(written.count) bytes")
        let again = try? MemberRecord(written[...], at: now)
        try require(again == record, "\(record) became \(String(describing: again))")
    }
}
