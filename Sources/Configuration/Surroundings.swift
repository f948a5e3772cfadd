// SPDX-License-Identifier: Apache-2.0

/// What the loader must know about the process it runs in.
///
/// Tests make their own, so that no complaint depends on the machine.
package struct Surroundings: Sendable {
    package var environment: [String: String]
    package var hostName: String
    /// What `~` stands for.
    package var homeDirectory: String
    package var isRoot: Bool
    package var userID: UInt32
    /// The absolute directory that a relative `-c` starts from.
    package var currentDirectory: String
    package var userExists: @Sendable (UserReference.Identity) -> Bool
    package var groupExists: @Sendable (UserReference.Identity) -> Bool

    package init(
        environment: [String: String],
        hostName: String,
        homeDirectory: String,
        isRoot: Bool,
        userID: UInt32,
        currentDirectory: String,
        userExists: @escaping @Sendable (UserReference.Identity) -> Bool,
        groupExists: @escaping @Sendable (UserReference.Identity) -> Bool
    ) {
        self.environment = environment
        self.hostName = hostName
        self.homeDirectory = homeDirectory
        self.isRoot = isRoot
        self.userID = userID
        self.currentDirectory = currentDirectory
        self.userExists = userExists
        self.groupExists = groupExists
    }
}
