// SPDX-License-Identifier: Apache-2.0

/// What libyaml says when it cannot go on, and the places it names, counted from 1.
struct SyntaxError {
    let problem: String
    let context: String?
    let line: Int
    let column: Int
    let contextLine: Int
    let contextColumn: Int

    /// The problem in words that tell what to do.
    func problem(in source: Source) -> Problem {
        let here = place(line, column, in: source)
        if let indent = tabIndent(of: line, in: source) {
            return Problem(
                "a tab cannot be used to indent; use spaces",
                at: Mark(file: source.file, line: line, column: indent)
            )
        }
        if context?.hasSuffix("quoted scalar") == true, problem.contains("end of stream") {
            return Problem(
                "the quote that begins here is never closed",
                at: Mark(file: source.file, line: contextLine, column: contextColumn)
            )
        }
        if problem.hasPrefix("did not find expected ',' or ") {
            let bracket = problem.hasSuffix("']'") ? "]" : "}"
            return Problem(
                "expected ',' or '\(bracket)': the '\(bracket == "]" ? "[" : "{")' at line "
                    + "\(contextLine), column \(contextColumn) is not closed",
                at: here
            )
        }
        if problem.hasPrefix("mapping values are not allowed"), lacksColon(line - 1, in: source) {
            return Problem(
                "expected 'key: value'; is the ':' missing in the line above this one?",
                at: here
            )
        }
        let said = surplus(in: source) ?? SyntaxError.explanations[problem] ?? unusual(in: source)
        return Problem(said, at: here)
    }

    /// A sentence for what stands behind something that is complete.
    private func surplus(in source: Source) -> String? {
        guard problem == "did not find expected key" || problem.hasSuffix("'-' indicator") else {
            return nil
        }
        let text = (source.line(line) ?? "").unicodeScalars
        if let here = text.dropFirst(column - 1).first, here == "}" || here == "]" {
            return "there is no '\(here == "}" ? "{" : "[")' that this '\(here)' could close"
        }
        guard let before = text.prefix(column - 1).last(where: { $0 != " " }),
            before == "\"" || before == "'"
        else { return nil }
        return "the text ends with its quote; put all of it in quotes, as in '\"a b\" c'"
    }

    private static let explanations = [
        "mapping values are not allowed in this context":
            "a ':' is not expected here; put the text in quotes if it contains ': '",
        "could not find expected ':'":
            "expected 'key: value'; is a ':' or the space after it missing?",
        "did not find expected key":
            "expected a key or the end of the map; is the line indented like those above it?",
        "did not find expected '-' indicator":
            "expected '- ' or the end of the list; is the line indented like those above it?",
        "block sequence entries are not allowed in this context":
            "a list cannot begin here; put '- ' on a line of its own",
        "did not find expected node content":
            "a key or a value is missing here; is a bracket never closed, or a ',' one too many?",
        "found unexpected ':'": "a ':' is not expected here; put the text in quotes",
        "did not find expected <document start>":
            "the text ends before this; is the line indented like those above it?",
        "found unknown escape character":
            "unknown escape in double quotes; write '\\\\' for a backslash, or use single quotes",
        "did not find expected alphabetic or numeric character":
            "a '*' or '&' at the beginning of a text needs a name; put the text in quotes",
    ]

    /// A sentence for what is not in the table, or depends on the character at the place.
    private func unusual(in source: Source) -> String {
        guard problem == "found character that cannot start any token" else { return problem }
        let text = source.line(line) ?? ""
        guard let character = text.unicodeScalars.dropFirst(column - 1).first else {
            return problem
        }
        return "a text cannot begin with '\(character)'; put it in quotes"
    }

    /// Whether a line has text but no key, so that the next one was read as more of it.
    private func lacksColon(_ line: Int, in source: Source) -> Bool {
        guard let text = source.line(line), text.contains(where: { $0 != " " }) else {
            return false
        }
        let start = text.drop { $0 == " " }
        return !text.contains(":") && !start.hasPrefix("#") && !start.hasPrefix("-")
    }

    /// The column of a tab among the blanks that begin a line.
    private func tabIndent(of line: Int, in source: Source) -> Int? {
        let blanks = (source.line(line) ?? "").unicodeScalars.prefix { $0 == " " || $0 == "\t" }
        guard let tab = blanks.firstIndex(of: "\t") else { return nil }
        return blanks.distance(from: blanks.startIndex, to: tab) + 1
    }

    /// The place, moved back to the last line of the text when it lies behind it.
    private func place(_ line: Int, _ column: Int, in source: Source) -> Mark {
        var number = line
        while number > 1, (source.line(number) ?? "").isEmpty, source.line(number + 1) == nil {
            number -= 1
        }
        guard number != line else { return Mark(file: source.file, line: line, column: column) }
        let length = source.line(number)?.unicodeScalars.count ?? 0
        return Mark(file: source.file, line: number, column: length + 1)
    }
}
