// SPDX-License-Identifier: Apache-2.0

import Configuration
import Platform

/// The directories of a daemon, and the rights with which it goes on.
enum Directories {
    /// Makes the directories, and becomes the user that the daemon is to run as.
    static func prepare(
        _ loaded: LoadedConfiguration,
        _ surroundings: Surroundings
    ) throws(StartupFailure) {
        let settings = loaded.configuration.daemon
        let user = settings.user.flatMap { loaded.accounts[$0] }
        if let user { try checkRight(toBecome: user, surroundings) }
        do throws(DirectoryError) {
            if let user {
                let paths = [
                    settings.runtimeDirectory, settings.stateDirectory, settings.childlogdir,
                ]
                for path in paths { try RuntimeDirectory.make(path, for: user) }
                do throws(SystemError) {
                    try Privileges.become(user)
                } catch {
                    throw .system(error)
                }
            }
            try RuntimeDirectory.prepare(settings.runtimeDirectory)
            try RuntimeDirectory.ensureDirectory(settings.stateDirectory, mode: 0o700)
            try RuntimeDirectory.ensureDirectory(settings.childlogdir, mode: 0o750)
            if let log = settings.logfile, let slash = log.lastIndex(of: "/"),
                slash > log.startIndex
            {
                try RuntimeDirectory.ensureDirectory(String(log[..<slash]))
            }
        } catch {
            throw StartupFailure(
                text: "\(error)\nset runtime_dir, state_dir, childlogdir and logfile under "
                    + "'swisord:' to places of this user"
            )
        }
    }

    /// Before any directory is made: only root and the user himself can go on as `user`.
    private static func checkRight(
        toBecome user: Credentials,
        _ surroundings: Surroundings
    ) throws(StartupFailure) {
        guard !surroundings.isRoot, user.uid != surroundings.userID else { return }
        throw StartupFailure(
            text: "user: \(user.name): only root can become another user\n"
                + "start swisord as that user, or leave out -u and the key 'user'"
        )
    }
}
