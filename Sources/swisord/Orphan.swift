// SPDX-License-Identifier: Apache-2.0

import Platform
import Supervision

/// A copy of a program that an earlier daemon left behind, and that nobody is to touch.
struct Orphan {
    let process: Survivor
    /// By what it has its place in the records; it is no member of the fleet.
    let id: MemberID
    /// Which run of its program it is.
    let run: Int
}
