// SPDX-License-Identifier: Apache-2.0

import Platform

/// A copy of a program that an earlier daemon left behind, and where it is recorded.
struct Orphan {
    let process: Survivor
    let slot: Int
}
