// SPDX-License-Identifier: Apache-2.0

/// Reads configuration files; every complaint of a run is reported, not only the first.
package enum ConfigurationLoader {
    /// A configuration, unless there was an error, and everything there is to say about the file.
    package struct Outcome: Sendable {
        /// Nil when `diagnostics` holds an error.
        package var configuration: Configuration?
        /// Errors and warnings in the order of the file.
        package var diagnostics: [Diagnostic]
        /// What this was made from, to make it again; nil when `diagnostics` holds an error.
        package var recording: ConfigurationRecording?
    }

    /// Loads and checks `file`, as `-c` names it.
    package static func load(file: String, surroundings: Surroundings) -> Outcome {
        load(file, surroundings, Inquiry(recordingFor: file, in: surroundings))
    }

    /// Loads again from what an earlier run was told, whatever has become of the files since.
    ///
    /// Asks the system nothing, so it cannot hang.
    package static func replay(_ recording: ConfigurationRecording) -> Outcome {
        load(recording.file, recording.surroundings, Inquiry(replaying: recording))
    }

    private static func load(
        _ file: String,
        _ surroundings: Surroundings,
        _ inquiry: Inquiry
    ) -> Outcome {
        var loading = Loading(surroundings: surroundings, inquiry: inquiry)
        var outcome = loading.load(file)
        if outcome.configuration != nil { outcome.recording = inquiry.recording }
        return outcome
    }

    /// Finds the file to use when no `-c` is given: the first that exists.
    ///
    /// Root does not look into the current directory, where anyone might have left a file.
    ///
    /// - Returns: The path, or the places looked at.
    package static func search(surroundings: Surroundings) -> Result<String, NoFileFound> {
        let home = PathText.tidy(surroundings.homeDirectory + "/.config")
        let own = surroundings.environment["XDG_CONFIG_HOME"].flatMap {
            $0.hasPrefix("/") ? PathText.tidy($0) : nil
        }
        var places = [(own ?? home) + "/swisord/supervisor.yaml", "/etc/swisord/supervisor.yaml"]
        if !surroundings.isRoot {
            places.insert(PathText.tidy(surroundings.currentDirectory + "/supervisor.yaml"), at: 0)
        }
        return places.first(where: FileSystem.holdsFile).map { .success($0) }
            ?? .failure(NoFileFound(places: places))
    }

    /// The path of the daemon's socket by `file`, whatever is wrong with the rest of it.
    ///
    /// Only a file that cannot be read as far as its section `swisord`, or whose `socket` is of no
    /// use, is an error.
    package static func socketPath(
        file: String,
        surroundings: Surroundings
    ) -> Result<String, SocketPathUnknown> {
        let inquiry = Inquiry(recordingFor: file, in: surroundings)
        var loading = Loading(surroundings: surroundings, inquiry: inquiry, needsTrust: false)
        return loading.socketPath(of: file)
    }

    /// Where the socket is unless a file says otherwise.
    package static func usualSocket(_ surroundings: Surroundings) -> String {
        StandardPlaces(surroundings).runtime + "/swisord.sock"
    }
}

/// None of the places that the search order names holds a configuration file.
package struct NoFileFound: Error, Hashable, Sendable, CustomStringConvertible {
    /// The paths looked at, in order.
    package var places: [String]

    package init(places: [String]) {
        self.places = places
    }

    /// One line that names the places and the option that helps.
    package var description: String {
        "no configuration file: looked for \(places.joined(separator: ", ")); name one with -c"
    }
}

/// The file cannot be read far enough to tell where the daemon's socket is.
package struct SocketPathUnknown: Error, Sendable {
    package var diagnostics: [Diagnostic]
}
