// SPDX-License-Identifier: Apache-2.0

import ControlAPI

/// What can stand where the cursor is.
struct Completion {
    /// What to insert at the cursor so that the word goes on as all candidates do.
    let insertion: String
    /// The candidates, when there is more than one and nothing to insert.
    let choices: [String]

    /// Completes the last word of `line`, which ends at the cursor.
    init(of line: String, names: () -> [(group: String, name: String)]) {
        let endsWord = line.last?.isWhitespace ?? true
        var words = Words(line).all
        let word = endsWord ? "" : words.removeLast()
        let candidates = Self.candidates(for: word, after: words, names: names)
        guard let first = candidates.first else {
            (insertion, choices) = ("", [])
            return
        }
        guard candidates.count > 1 else {
            (insertion, choices) = (first.dropFirst(word.count) + " ", [])
            return
        }
        let common = candidates.dropFirst().reduce(first) { Self.commonPrefix($0, $1) }
        let rest = String(common.dropFirst(word.count))
        (insertion, choices) = (rest, rest.isEmpty ? candidates : [])
    }

    /// The words that begin with `prefix` and may follow `words`.
    static func candidates(
        for prefix: String,
        after words: [String],
        names: () -> [(group: String, name: String)]
    ) -> [String] {
        let all: [String]
        if let first = words.first {
            all = subjects(of: first, after: Array(words.dropFirst()), prefix, names)
        } else {
            all = VerbTable.all.map { $0.name }
        }
        return all.filter { $0.hasPrefix(prefix) }
    }

    private static func subjects(
        of verb: String,
        after words: [String],
        _ prefix: String,
        _ names: () -> [(group: String, name: String)]
    ) -> [String] {
        switch VerbTable.verb(named: verb)?.subject {
        case nil, .nothing: return []
        case .verbs: return words.isEmpty ? VerbTable.all.map { $0.name } : []
        case .groups: return unique(names().map(\.group))
        case .processes:
            if verb == Signal.name, words.isEmpty { return signals }
            if verb == Tail.name, words.contains(where: { !$0.hasPrefix("-") }) {
                return LogSource.Channel.allCases.map(\.rawValue)
            }
            return processes(names(), prefix)
        }
    }

    /// `group:name` and `group:*`; the short name where group and process share it.
    private static func processes(
        _ names: [(group: String, name: String)],
        _ prefix: String
    ) -> [String] {
        unique(
            names.flatMap { group, name in
                group == name && !prefix.contains(":")
                    ? [name] : ["\(group):\(name)", "\(group):*"]
            }
        )
    }

    private static let signals = [
        "HUP", "INT", "QUIT", "KILL", "USR1", "USR2", "TERM", "CONT", "STOP",
    ]

    private static func unique(_ words: [String]) -> [String] {
        var seen: Set<String> = []
        return words.filter { seen.insert($0).inserted }
    }

    private static func commonPrefix(_ left: String, _ right: String) -> String {
        String(zip(left, right).prefix { $0 == $1 }.map(\.0))
    }
}

extension Completion {
    /// What the shells' completion scripts ask for: the candidates for the word at `index`.
    @Sendable static func candidates(
        _ arguments: [String],
        _ index: Int,
        _ prefix: String
    ) -> [String] {
        let line = CommandLineWords(Array(arguments.prefix(max(0, index))))
        return candidates(for: prefix, after: line.words) {
            let login = (line.username ?? variable("SWISORD_USER")).map {
                Login(user: $0, password: line.password ?? variable("SWISORD_PASSWORD") ?? "")
            }
            let search = SocketSearch(
                file: line.configuration,
                url: line.serverurl,
                login: login
            )
            guard case .programs(let list) = try? search.connection().send(.programs(.all)) else {
                return []
            }
            return list.programs.map { ($0.group, $0.name) }
        }
    }

    /// The options and the words of a command line that is still being written.
    private struct CommandLineWords {
        var configuration: String?
        var serverurl: String?
        var username: String?
        var password: String?
        var words: [String] = []

        init(_ arguments: [String]) {
            var rest = arguments.dropFirst()
            while let word = rest.popFirst() {
                switch word {
                case "-c", "--configuration": configuration = rest.popFirst()
                case "-s", "--serverurl": serverurl = rest.popFirst()
                case "-u", "--username": username = rest.popFirst()
                case "-p", "--password": password = rest.popFirst()
                case _ where words.isEmpty && word.hasPrefix("-"): continue
                default: words.append(word)
                }
            }
        }
    }
}
