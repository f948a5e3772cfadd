// SPDX-License-Identifier: Apache-2.0

package import OrderedCollections

/// The text of an `env_file`: `KEY=VALUE` lines, as dotenv files and shells have them.
package enum EnvironmentFile {
    /// A line that cannot be understood.
    package struct Malformed: Error, Hashable, Sendable, CustomStringConvertible {
        /// The line, from 1.
        package let line: Int
        package let reason: String

        /// As in `line 3: no '=' in it`.
        package var description: String { "line \(line): \(reason)" }
    }

    /// Reads every assignment of `text`, the later of two equal names winning.
    package static func parse(
        _ text: String
    ) throws(Malformed) -> OrderedDictionary<String, String> {
        [:]
    }
}
