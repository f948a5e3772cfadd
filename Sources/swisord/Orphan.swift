// SPDX-License-Identifier: Apache-2.0

import Platform
import Supervision

/// A copy of a program that an earlier daemon left behind, or what was left of one that was being
/// stopped, and that nobody is to touch.
struct Orphan {
    /// Its leader; nil when that was gone, and what is left is among the leftovers of `id`.
    let process: Survivor?
    /// By what it has its place in the records; it is no member of the fleet.
    let id: MemberID
    /// Which run of its program it is.
    let run: Int
    /// Whether the activity log tells that it is left alone.
    var isTold: Bool
}
