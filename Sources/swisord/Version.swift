// SPDX-License-Identifier: Apache-2.0

/// The version of this program, as `swisord -v` and the control channel tell it.
enum Version {
    static let text = "0.1.0"
}
