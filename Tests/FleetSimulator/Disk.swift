// SPDX-License-Identifier: Apache-2.0

import Supervision

/// What outlives the manager: the records, and the configuration in force.
struct Disk: Sendable {
    var records: [ProcessName: [UInt8]] = [:]
    var shutdown = ShutdownStage.none
    var configured: [ProcessName: MemberSpec] = [:]
    /// Grow with each change that calls for a restart.
    var fingerprints: [ProcessName: UInt64] = [:]
}
