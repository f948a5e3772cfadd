// SPDX-License-Identifier: Apache-2.0

/// A pattern that names processes: `all`, `name`, `group:name`, `group:*`, `group:`, or a glob.
///
/// In a glob `*` stands for any characters and `?` for one, on either side of the colon.
package struct ProcessSelector: Hashable, Sendable {
    package let pattern: String

    package init(_ pattern: String) {
        self.pattern = pattern
    }

    /// Whether it asks for everything, `all` or `*`.
    package var selectsAll: Bool { pattern == "all" || pattern == "*" }

    /// Whether it names one process, so that finding none or another is an error of the name.
    package var isPlain: Bool {
        !selectsAll && !pattern.contains(where: { "*?".contains($0) }) && !pattern.hasSuffix(":")
    }

    /// The group and process parts; a name without colon is its own group, as in supervisord.
    package var name: ProcessName {
        guard let colon = pattern.firstIndex(of: ":") else {
            return ProcessName(group: pattern, process: pattern)
        }
        let process = String(pattern[pattern.index(after: colon)...])
        return ProcessName(
            group: String(pattern[..<colon]),
            process: process.isEmpty ? "*" : process
        )
    }

    /// What is missing when nothing matches: the group for `group:*`, else the process.
    package var failureWhenEmpty: CommandOutcome.Failure {
        name.process == "*" && pattern.contains(":") ? .noSuchGroup : .noSuchProcess
    }

    package func matches(_ candidate: ProcessName) -> Bool {
        if selectsAll { return true }
        if isPlain { return candidate == name }
        guard pattern.contains(":") else { return matchesGlob(pattern, candidate.description) }
        return matchesGlob(name.group, candidate.group)
            && matchesGlob(name.process, candidate.process)
    }
}

/// Matches `*` and `?` in linear space and at most quadratic time: one star to go back to.
private func matchesGlob(_ pattern: String, _ text: String) -> Bool {
    // Characters, not bytes: `?` stands for an umlaut as well.
    let pattern = Array(pattern)
    let text = Array(text)
    let (star, one): (Character, Character) = ("*", "?")
    var (p, t) = (0, 0)
    var lastStar: (p: Int, t: Int)?
    while t < text.count {
        if p < pattern.count, pattern[p] == star {
            lastStar = (p, t)
            p += 1
        } else if p < pattern.count, pattern[p] == one || pattern[p] == text[t] {
            p += 1
            t += 1
        } else if let back = lastStar {
            lastStar = (back.p, back.t + 1)
            (p, t) = (back.p + 1, back.t + 1)
        } else {
            return false
        }
    }
    return pattern[p...].allSatisfy { $0 == star }
}
