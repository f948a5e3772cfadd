// SPDX-License-Identifier: Apache-2.0

import Configuration
import Platform

/// A configuration with all that had to be looked up for it, ready for the core.
struct LoadedConfiguration: Sendable {
    var configuration: Configuration
    /// The ids of every user that the configuration names.
    var accounts: [UserReference: Credentials]
    /// What it was made from, for a manager that has to make it again.
    var history: ConfigurationHistory

    /// This configuration after `new` has taken its place; the settings of the daemon are the new
    /// ones, for comparison.
    func replaced(by new: LoadedConfiguration) -> LoadedConfiguration {
        var result = new
        result.history = history.replaced(by: new.history)
        return result
    }

    /// Puts a configuration in force, all but the settings that the daemon was started with: they
    /// stay until it is started again.
    mutating func takeUp(_ target: LoadedConfiguration) {
        let daemon = configuration.daemon
        self = target
        configuration.daemon = daemon
    }
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
