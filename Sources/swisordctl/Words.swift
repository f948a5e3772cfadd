// SPDX-License-Identifier: Apache-2.0

/// The words of a command.
///
/// As in supervisorctl, arguments are joined with spaces and split again, so that
/// `swisordctl "signal USR1" comsol` is what Ansible thinks it is. There is no quoting: no name
/// of a program holds a space.
struct Words: Hashable, Sendable {
    let all: [String]

    init(_ line: String) {
        all = line.split { $0.isWhitespace }.map(String.init)
    }

    init(arguments: [String]) {
        self.init(arguments.joined(separator: " "))
    }

    /// Takes the global options out that were written behind the verb.
    ///
    /// They cannot be names: a name does not begin with a dash.
    func removing(_ options: Set<String>) -> (words: [String], found: Set<String>) {
        (all.filter { !options.contains($0) }, options.intersection(all))
    }
}
