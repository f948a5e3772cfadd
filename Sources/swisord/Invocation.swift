// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Configuration
import ControlAPI
import Platform

/// What a command line asks for.
struct Invocation: Equatable {
    /// The configuration file as it was typed; nil to search for one.
    var file: String?
    var isCheck = false
    var isGuarded = true
    /// With paths as they were typed.
    var overrides = DaemonOverrides()

    /// Runs to the end, or only as far as it gets; returns the exit status.
    func run() -> Int32 {
        let surroundings = Surroundings.ofThisProcess()
        let path: String
        if let file {
            path = absolute(file, surroundings)
        } else {
            switch ConfigurationLoader.search(surroundings: surroundings) {
            case .success(let found): path = found
            case .failure(let nothing):
                StandardError.write("swisord: \(nothing)\n")
                return 2
            }
        }
        // Paths of the command line start where the command was typed, also after a reload.
        var overrides = overrides
        overrides.logfile = overrides.logfile.map {
            DaemonSettings.isSyslog($0) ? $0 : absolute($0, surroundings)
        }
        overrides.pidfile = overrides.pidfile.map { absolute($0, surroundings) }
        overrides.directory = overrides.directory.map { absolute($0, surroundings) }
        return Startup(
            file: path,
            overrides: overrides,
            isCheck: isCheck,
            isGuarded: isGuarded,
            surroundings: surroundings
        ).run()
    }

    private func absolute(_ path: String, _ surroundings: Surroundings) -> String {
        path.hasPrefix("/") ? path : "\(surroundings.currentDirectory)/\(path)"
    }
}

extension Invocation {
    /// Reads a command line that an earlier process of this daemon has been started with.
    ///
    /// Every manager has the words of the first process, which has understood them. To read them again
    /// with all that the reader of a command line can do would take a third of the time that it takes
    /// another manager to be there.
    ///
    /// - Returns: nil for words that only the other reader is sure of: joined ones, abbreviations, an
    ///   option that is there twice.
    init?(repeated words: [String]) {
        self.init()
        var seen: Set<String> = []
        var rest = words[...]
        while let word = rest.popFirst() {
            guard let name = Self.names[word], seen.insert(name).inserted else { return nil }
            if take(flag: name) { continue }
            guard let value = rest.popFirst(), !value.isEmpty, !value.hasPrefix("-"),
                take(value, of: name)
            else { return nil }
        }
    }

    private static let names = [
        "-c": "configuration", "--configuration": "configuration", "-n": "nodaemon",
        "--nodaemon": "nodaemon", "-l": "logfile", "--logfile": "logfile", "-e": "loglevel",
        "--loglevel": "loglevel", "-j": "pidfile", "--pidfile": "pidfile", "-d": "directory",
        "--directory": "directory", "-u": "user", "--user": "user", "-m": "umask",
        "--umask": "umask", "-i": "identifier", "--identifier": "identifier",
    ]

    private mutating func take(flag name: String) -> Bool {
        guard name == "nodaemon" else { return false }
        overrides.nodaemon = true
        return true
    }

    private mutating func take(_ value: String, of name: String) -> Bool {
        switch name {
        case "configuration": file = value
        case "logfile": overrides.logfile = value
        case "pidfile": overrides.pidfile = value
        case "directory": overrides.directory = value
        case "identifier": overrides.identifier = value
        case "loglevel":
            guard let level = LogLevel(argument: value) else { return false }
            overrides.logLevel = level
        case "user":
            guard let user = UserReference(argument: value) else { return false }
            overrides.user = user
        case "umask":
            guard let umask = Umask(argument: value) else { return false }
            overrides.umask = umask.bits
        default: return false
        }
        return true
    }
}
