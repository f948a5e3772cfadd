// SPDX-License-Identifier: Apache-2.0

/// What one call may cost, however it is written.
package struct CallLimits: Hashable, Sendable {
    /// Bytes of the whole call.
    package var bytes = 1024 * 1024
    /// Elements within elements; a value in an array costs three of them.
    package var depth = 64
    /// Elements in all.
    package var elements = 20_000

    package init() {}
}
