// SPDX-License-Identifier: Apache-2.0

private import CArguments

/// The words of the command line, without the name of the program.
///
/// Not Swift's own: those are read from /proc, which a small container may not have.
enum CommandArguments {
    static var all: [String] {
        var words: [String] = []
        guard var next = swisordctl_arguments() else { return words }
        while let word = next.pointee {
            words.append(String(cString: word))
            next += 1
        }
        return Array(words.dropFirst())
    }
}
