// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Something that a scenario waited for and that did not come about.
struct Timeout: Error, CustomStringConvertible {
    let awaited: String
    var seen = ""

    var description: String {
        "waited in vain for \(awaited)" + (seen.isEmpty ? "" : "; last seen: \(seen)")
    }
}

/// Looks again until the condition holds; the deadline only ends a scenario that fails.
func eventually(
    _ awaited: @autoclosure () -> String,
    within limit: Duration = .seconds(120),
    seeing state: () -> String = String.init,
    _ condition: () throws -> Bool
) throws {
    let deadline = ContinuousClock.now + limit
    while try !condition() {
        guard ContinuousClock.now < deadline else {
            throw Timeout(awaited: awaited(), seen: state())
        }
        usleep(3000)
    }
}

/// Looks at something until it is there.
func found<Value>(
    _ awaited: @autoclosure () -> String,
    within limit: Duration = .seconds(120),
    _ look: () throws -> Value?
) throws -> Value {
    var value: Value?
    try eventually(awaited(), within: limit) {
        value = try look()
        return value != nil
    }
    guard let value else { throw Timeout(awaited: awaited()) }
    return value
}

/// Holds a condition against every look at it until something else has come about.
func throughout(
    _ what: String,
    until end: String,
    _ condition: () throws -> Bool,
    ends: () throws -> Bool
) throws {
    try eventually(end) {
        guard try condition() else { throw Timeout(awaited: "\(what) to stay so") }
        return try ends()
    }
}
