// SPDX-License-Identifier: Apache-2.0

private import CYaml

/// What libyaml finds in a text, one event at a time, as Swift values.
enum Event {
    case scalar(Scalar, anchor: String?)
    case alias(String)
    case sequenceStart(anchor: String?)
    case mappingStart(anchor: String?)
    case sequenceEnd, mappingEnd
    case documentStart, documentEnd
    case streamStart, streamEnd
}

/// A libyaml parser over the bytes of one file, and the only place that touches libyaml.
///
/// The parser keeps pointers into itself and into the text, so both live in memory of their own
/// that is freed with the stream.
struct EventStream: ~Copyable {
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let text: UnsafeMutableBufferPointer<UInt8>
    private let file: String

    /// Makes a parser over `source`; fails only when there is no memory.
    init(_ source: Source) throws(Problem) {
        parser = .allocate(capacity: 1)
        parser.initialize(to: yaml_parser_t())
        text = .allocate(capacity: max(source.bytes.count, 1))
        _ = text.initialize(from: source.bytes)
        file = source.file
        guard yaml_parser_initialize(parser) == 1 else {
            throw Problem("not enough memory to read the file", at: nil)
        }
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        yaml_parser_set_input_string(parser, text.baseAddress, source.bytes.count)
    }

    deinit {
        yaml_parser_delete(parser)
        parser.deallocate()
        text.deallocate()
    }

    /// The next event with its place.
    mutating func next(in source: Source) throws(Problem) -> (event: Event, mark: Mark) {
        var event = yaml_event_t()
        guard yaml_parser_parse(parser, &event) == 1 else {
            throw syntaxProblem(parser.pointee, in: source)
        }
        defer { yaml_event_delete(&event) }
        let mark = mark(from: event.start_mark, to: event.end_mark)
        return (try convert(event, at: mark), mark)
    }

    private func mark(from start: yaml_mark_t, to end: yaml_mark_t) -> Mark {
        let length = start.line == end.line ? Int(end.column) - Int(start.column) : 1
        return Mark(
            file: file,
            line: Int(start.line) + 1,
            column: Int(start.column) + 1,
            length: length
        )
    }

    private func convert(_ event: yaml_event_t, at mark: Mark) throws(Problem) -> Event {
        switch event.type {
        case YAML_SCALAR_EVENT:
            let data = event.data.scalar
            try refuseTag(data.tag, at: mark)
            let text = String(
                decoding: UnsafeBufferPointer(start: data.value, count: data.length),
                as: UTF8.self
            )
            if text.utf8.contains(0) {
                throw Problem("a text cannot contain the character NUL", at: mark)
            }
            let isPlain = data.style == YAML_PLAIN_SCALAR_STYLE
            return .scalar(Scalar(text, isPlain: isPlain), anchor: string(data.anchor))
        case YAML_SEQUENCE_START_EVENT:
            try refuseTag(event.data.sequence_start.tag, at: mark)
            return .sequenceStart(anchor: string(event.data.sequence_start.anchor))
        case YAML_MAPPING_START_EVENT:
            try refuseTag(event.data.mapping_start.tag, at: mark)
            return .mappingStart(anchor: string(event.data.mapping_start.anchor))
        case YAML_ALIAS_EVENT: return .alias(string(event.data.alias.anchor) ?? "")
        case YAML_SEQUENCE_END_EVENT: return .sequenceEnd
        case YAML_MAPPING_END_EVENT: return .mappingEnd
        case YAML_DOCUMENT_START_EVENT: return .documentStart
        case YAML_DOCUMENT_END_EVENT: return .documentEnd
        case YAML_STREAM_START_EVENT: return .streamStart
        default: return .streamEnd
        }
    }

    private func refuseTag(_ tag: UnsafeMutablePointer<yaml_char_t>?, at mark: Mark) throws(Problem)
    {
        guard let tag = string(tag) else { return }
        let standard = "tag:yaml.org,2002:"
        let shown = tag.hasPrefix(standard) ? "!!" + tag.dropFirst(standard.count) : tag
        throw Problem(
            "tags such as '\(shown)' are not used here; the key decides the type of its value",
            at: Mark(file: mark.file, line: mark.line, column: mark.column)
        )
    }
}

private func string(_ bytes: UnsafeMutablePointer<yaml_char_t>?) -> String? {
    bytes.map { String(cString: $0) }
}

/// What libyaml could not understand, in words for people who do not know libyaml.
private func syntaxProblem(_ parser: yaml_parser_t, in source: Source) -> Problem {
    let place = parser.problem_mark
    let raw = parser.problem.map { String(cString: $0) } ?? "the file cannot be read"
    let context = parser.context.map { String(cString: $0) }
    let error = SyntaxError(
        problem: raw,
        context: context,
        line: Int(place.line) + 1,
        column: Int(place.column) + 1,
        contextLine: Int(parser.context_mark.line) + 1,
        contextColumn: Int(parser.context_mark.column) + 1
    )
    if parser.error == YAML_MEMORY_ERROR {
        return Problem("not enough memory to read the file", at: nil)
    }
    return error.problem(in: source)
}
