// SPDX-License-Identifier: Apache-2.0

/// The full name of one supervised process: its group and its own name within it.
///
/// A program that no `groups` entry names is a group of its own, called like the program.
package struct ProcessName: Hashable, Sendable, Comparable {
    package let group: String
    package let process: String

    package init(group: String, process: String) {
        self.group = group
        self.process = process
    }

    package static func < (left: ProcessName, right: ProcessName) -> Bool {
        (left.group, left.process) < (right.group, right.process)
    }
}

extension ProcessName: CustomStringConvertible {
    /// `name` where group and process are called alike, else `group:name`.
    package var description: String {
        group == process ? process : "\(group):\(process)"
    }
}
