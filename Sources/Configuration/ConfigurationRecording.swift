// SPDX-License-Identifier: Apache-2.0

/// All that the loader was told while it made a configuration, so that it can be made again.
///
/// A manager that is started anew replays this: what is in force does not depend on what has
/// become of the files, the environment and the users meanwhile. It holds the whole environment
/// of the daemon, so it is kept where only the daemon can read it.
package struct ConfigurationRecording: Hashable, Sendable {
    /// The answer to the reading of a file.
    enum Reading: Hashable {
        case contents([UInt8], FileSystem.Facts)
        case refused(String)
    }

    /// The answer to a pattern.
    enum Matches: Hashable {
        case paths([String])
        case refused(String)
    }

    /// The file as `-c` named it.
    package var file: String
    var environment: [String: String]
    var hostName: String
    var homeDirectory: String
    var isRoot: Bool
    var userID: UInt32
    var currentDirectory: String

    var readings: [String: Reading] = [:]
    var facts: [String: FileSystem.Facts?] = [:]
    var resolved: [String: String?] = [:]
    var matches: [String: Matches] = [:]
    var users: [UserReference.Identity: Bool] = [:]
    var groups: [UserReference.Identity: Bool] = [:]

    /// A recording in which nothing has been asked yet.
    package init(file: String, in surroundings: Surroundings) {
        self.file = file
        environment = surroundings.environment
        hostName = surroundings.hostName
        homeDirectory = surroundings.homeDirectory
        isRoot = surroundings.isRoot
        userID = surroundings.userID
        currentDirectory = surroundings.currentDirectory
    }

    /// The process as it was then; users are asked of the recording itself.
    var surroundings: Surroundings {
        let (users, groups) = (users, groups)
        return Surroundings(
            environment: environment,
            hostName: hostName,
            homeDirectory: homeDirectory,
            isRoot: isRoot,
            userID: userID,
            currentDirectory: currentDirectory,
            userExists: { users[$0] ?? false },
            groupExists: { groups[$0] ?? false }
        )
    }
}
