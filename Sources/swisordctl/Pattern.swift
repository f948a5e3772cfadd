// SPDX-License-Identifier: Apache-2.0

import ControlAPI

/// A name as the user wrote it, to put answers in the order in which things were asked for.
///
/// Which processes a pattern selects is the daemon's business; this follows it closely enough to
/// tell which of several patterns an answer belongs to.
struct Pattern {
    private let group: String?
    private let process: String

    init(_ text: String) {
        if let colon = text.firstIndex(of: ":") {
            group = String(text[..<colon])
            let rest = text[text.index(after: colon)...]
            process = rest.isEmpty ? "*" : String(rest)
        } else {
            group = nil
            process = text
        }
    }

    func matches(group: String, name: String) -> Bool {
        guard let wanted = self.group else {
            return glob(process, namespec(group: group, name: name))
        }
        return glob(wanted, group) && (process == "*" || glob(process, name))
    }

    /// The elements, those of the first pattern first, otherwise as they were.
    static func sort<Element>(
        _ elements: [Element],
        by patterns: [String],
        key: (Element) -> (group: String, name: String)
    ) -> [Element] {
        guard patterns.count > 1, !patterns.contains("all") else { return elements }
        let parsed = patterns.map(Pattern.init)
        let ranked = elements.enumerated().map { index, element in
            let (group, name) = key(element)
            let rank = parsed.firstIndex { $0.matches(group: group, name: name) } ?? parsed.count
            return (rank: rank, index: index, element: element)
        }
        return ranked.sorted { ($0.rank, $0.index) < ($1.rank, $1.index) }.map(\.element)
    }
}

/// Whether `text` is what `pattern` with `*` and `?` describes; in linear space, without recursion.
private func glob(_ pattern: String, _ text: String) -> Bool {
    let pattern = Array(pattern.unicodeScalars)
    let text = Array(text.unicodeScalars)
    var (p, t) = (0, 0)
    var retry: (pattern: Int, text: Int)?
    while t < text.count {
        if p < pattern.count, pattern[p] == "*" {
            retry = (p, t)
            p += 1
        } else if p < pattern.count, pattern[p] == "?" || pattern[p] == text[t] {
            (p, t) = (p + 1, t + 1)
        } else if let star = retry {
            retry = (star.pattern, star.text + 1)
            (p, t) = (star.pattern + 1, star.text + 1)
        } else {
            return false
        }
    }
    return pattern[p...].allSatisfy { $0 == "*" }
}

/// A process as supervisorctl names it: `group:name`, or the name alone when both are the same.
func namespec(group: String, name: String) -> String {
    group == name ? name : "\(group):\(name)"
}

extension ProcessInfo {
    var namespec: String { swisordctl.namespec(group: group, name: name) }
}

extension CommandResult {
    var namespec: String { swisordctl.namespec(group: group, name: name) }
}
