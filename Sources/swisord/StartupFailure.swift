// SPDX-License-Identifier: Apache-2.0

/// Why the daemon did not come up, and the exit status that says so.
struct StartupFailure: Error {
    let text: String
    var code: UInt8 = 1
}
