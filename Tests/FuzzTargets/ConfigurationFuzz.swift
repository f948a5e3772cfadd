// SPDX-License-Identifier: Apache-2.0

import Configuration
import Glibc

/// A configuration file, read to the end or refused with a reason.
enum ConfigurationFuzz {
    private static let path = ScratchFolder.path + "/supervisor.yaml"

    static func run(_ bytes: [UInt8]) throws(Finding) {
        guard ScratchFolder.write(bytes, to: path) else { return }
        let outcome = ConfigurationLoader.load(file: path, surroundings: surroundings)
        let hasError = outcome.diagnostics.contains { $0.severity == .error }
        try require((outcome.configuration == nil) == hasError, "an error without a complaint")
        for diagnostic in outcome.diagnostics {
            let lines = diagnostic.description.split(separator: "\n").count
            try require(lines == 1 || lines == 3, "a complaint of \(lines) lines: \(diagnostic)")
        }
        _ = ConfigurationLoader.socketPath(file: path, surroundings: surroundings)
    }

    static let surroundings = Surroundings(
        environment: ["HOME": "/home/josh", "PERCENT": "100%(here)s"],
        hostName: "node7",
        homeDirectory: "/home/josh",
        isRoot: false,
        userID: geteuid(),
        currentDirectory: ScratchFolder.path,
        userExists: { _ in true },
        groupExists: { _ in true }
    )
}
