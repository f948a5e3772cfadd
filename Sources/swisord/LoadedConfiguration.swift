// SPDX-License-Identifier: Apache-2.0

import Configuration
import Platform

/// A configuration with all that had to be looked up for it, ready for the core.
struct LoadedConfiguration: Sendable {
    var configuration: Configuration
    /// The ids of every user that the configuration names.
    var accounts: [UserReference: Credentials]
}

/// What came of reading the file: something usable, or the complaints.
struct ConfigurationReading: Sendable {
    let loaded: LoadedConfiguration?
    let diagnostics: [Diagnostic]

    /// All complaints as one text, as `swisord --check` prints them.
    var text: String {
        diagnostics.map(\.description).joined(separator: "\n")
    }
}
