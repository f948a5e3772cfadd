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
        overrides.childlogdir = overrides.childlogdir.map { absolute($0, surroundings) }
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
        "-y": "logfile_maxbytes", "--logfile_maxbytes": "logfile_maxbytes",
        "-z": "logfile_backups", "--logfile_backups": "logfile_backups", "-s": "silent",
        "--silent": "silent", "-a": "minfds", "--minfds": "minfds", "--minprocs": "minprocs",
        "-q": "childlogdir", "--childlogdir": "childlogdir",
    ]

    private mutating func take(flag name: String) -> Bool {
        switch name {
        case "nodaemon": overrides.nodaemon = true
        case "silent": overrides.silent = true
        default: return false
        }
        return true
    }

    private mutating func take(_ value: String, of name: String) -> Bool {
        switch name {
        case "configuration": file = value
        case "logfile": overrides.logfile = value
        case "pidfile": overrides.pidfile = value
        case "directory": overrides.directory = value
        case "identifier": overrides.identifier = value
        case "childlogdir": overrides.childlogdir = value
        case "logfile_maxbytes", "logfile_backups", "minfds", "minprocs":
            return take(number: value, of: name)
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

    private mutating func take(number value: String, of name: String) -> Bool {
        switch name {
        case "logfile_maxbytes":
            overrides.logfileMaxBytes = FileSize(argument: value)?.bytes
            return overrides.logfileMaxBytes != nil
        case "logfile_backups":
            overrides.logfileBackups = Count(argument: value)?.number
            return overrides.logfileBackups != nil
        case "minfds":
            overrides.minimumFiles = Count(argument: value)?.number
            return overrides.minimumFiles != nil
        default:
            overrides.minimumProcesses = Count(argument: value)?.number
            return overrides.minimumProcesses != nil
        }
    }
}
