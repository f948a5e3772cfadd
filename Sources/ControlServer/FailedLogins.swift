// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// Counts wrong passwords by address, so that nobody can go through a list of them.
struct FailedLogins {
    /// So many from one address, and so many in all, are let through within the window.
    static let mostOfOne = 10
    static let mostOfAll = 100
    static let window = TimeAmount.minutes(1)
    /// So many addresses are remembered.
    private static let memory = 256

    private struct Record {
        var began: NIODeadline
        var count = 0
    }

    private var records: [String: Record] = [:]
    private var all = Record(began: .now())
    /// Those who have given the right password; the total of others does not lock them out.
    private var known: Set<String> = []

    /// Whether a password from this address is not even looked at.
    mutating func isLockedOut(_ address: String, at now: NIODeadline) -> Bool {
        expire(at: now)
        if let record = records[address], record.count >= Self.mostOfOne { return true }
        return all.count >= Self.mostOfAll && !known.contains(address)
    }

    mutating func failed(_ address: String, at now: NIODeadline) {
        expire(at: now)
        if records[address] == nil, records.count >= Self.memory,
            let oldest = records.min(by: { $0.value.began < $1.value.began })?.key
        {
            records[oldest] = nil
        }
        records[address, default: Record(began: now)].count += 1
        all.count += 1
    }

    mutating func succeeded(_ address: String) {
        records[address] = nil
        guard !known.contains(address) else { return }
        if known.count >= Self.memory { known.removeAll() }
        known.insert(address)
    }

    private mutating func expire(at now: NIODeadline) {
        if now - all.began > Self.window { all = Record(began: now) }
        records = records.filter { now - $0.value.began <= Self.window }
    }
}
