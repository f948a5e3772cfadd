// SPDX-License-Identifier: Apache-2.0

/// Reads configuration files; every complaint of a run is reported, not only the first.
package enum ConfigurationLoader {
    /// A configuration, unless there was an error, and everything there is to say about the file.
    package struct Outcome: Sendable {
        /// Nil when `diagnostics` holds an error.
        package var configuration: Configuration?
        /// Errors and warnings in the order of the file.
        package var diagnostics: [Diagnostic]
    }

    /// Loads and checks `file`, as `-c` names it.
    package static func load(file: String, surroundings: Surroundings) -> Outcome {
        Outcome(configuration: nil, diagnostics: [])
    }

    /// Finds the file to use when no `-c` is given: the first that exists.
    ///
    /// - Returns: The path, or a diagnostic that lists the places looked at.
    package static func search(surroundings: Surroundings) -> Result<String, NoFileFound> {
        .failure(NoFileFound(places: []))
    }

    /// The path of `swisord.socket` in `file`, whatever else may be wrong with it.
    package static func socketPath(
        file: String,
        surroundings: Surroundings
    ) -> Result<String, SocketPathUnknown> {
        .failure(SocketPathUnknown(diagnostics: []))
    }
}

/// None of the places that the search order names holds a configuration file.
package struct NoFileFound: Error, Hashable, Sendable {
    /// The paths looked at, in order.
    package var places: [String]
}

/// The file cannot be read far enough to tell where the daemon's socket is.
package struct SocketPathUnknown: Error, Sendable {
    package var diagnostics: [Diagnostic]
}
