// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Something that has happened, or has not yet.
final class Flag: Sendable {
    private let value = Atomic(false)

    func set() { value.store(true, ordering: .releasing) }

    var isSet: Bool { value.load(ordering: .acquiring) }
}
