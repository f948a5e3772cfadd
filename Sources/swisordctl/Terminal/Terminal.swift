// SPDX-License-Identifier: Apache-2.0

/// What a person or a program sees of a command: its lines, its complaints and its progress.
///
/// Lines gather here and leave together, so that `status` of a thousand programs is one write.
final class Terminal {
    /// What the two outputs of the process are.
    struct Traits: Sendable {
        /// Standard output is a terminal: control characters are escaped, progress is shown.
        var outputIsTerminal = false
        var errorsAreTerminal = false
        var hasColours = false
    }

    /// Where it all goes, which another thread may write to as well.
    struct Outputs: Sendable {
        var output: any OutputSink
        var errors: any OutputSink
        var traits: Traits
    }

    let outputs: Outputs
    private var buffer: [UInt8] = []

    init(_ outputs: Outputs) {
        self.outputs = outputs
    }

    convenience init(output: any OutputSink, errors: any OutputSink, traits: Traits) {
        self.init(Outputs(output: output, errors: errors, traits: traits))
    }

    var traits: Traits { outputs.traits }
    private var output: any OutputSink { outputs.output }
    private var errors: any OutputSink { outputs.errors }

    func line(_ text: String) {
        line([Span(text)])
    }

    func line(_ spans: [Span]) {
        for span in spans {
            let text = traits.outputIsTerminal ? Escaping.name(span.text) : span.text
            if let style = span.style, traits.hasColours {
                buffer += "\u{1b}[\(style.rawValue)m\(text)\u{1b}[0m".utf8
            } else {
                buffer += text.utf8
            }
        }
        buffer.append(UInt8(ascii: "\n"))
    }

    /// Text in lines of its own, such as diagnostics.
    func paragraph(_ text: String) {
        for part in text.split(separator: "\n", omittingEmptySubsequences: false) {
            line(String(part))
        }
    }

    /// A document for programs, on a line of its own.
    func document(_ bytes: [UInt8]) {
        buffer += traits.outputIsTerminal ? Escaping.json(bytes) : bytes
        if bytes.last != UInt8(ascii: "\n") { buffer.append(UInt8(ascii: "\n")) }
    }

    /// Bytes as they are; escape them first where they are not ours.
    func bytes(_ bytes: some Sequence<UInt8>) {
        buffer += bytes
    }

    /// A line for standard error: what to do, or what else is wrong.
    func complain(_ text: String) {
        flush()
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            traits.errorsAreTerminal ? Escaping.name(String(line)) : String(line)
        }
        errors.write(Array((lines.joined(separator: "\n") + "\n").utf8))
    }

    func flush() {
        guard !buffer.isEmpty else { return }
        output.write(buffer)
        buffer.removeAll(keepingCapacity: true)
    }

    /// Runs `work` and, on a terminal, shows what is waited for and since when.
    func waiting<Value, Failure: Error>(
        for what: String,
        _ work: () throws(Failure) -> Value
    ) throws(Failure) -> Value {
        flush()
        guard traits.outputIsTerminal else { return try work() }
        let progress = Progress(Escaping.name(what), on: output)
        progress.begin()
        defer { progress.end() }
        return try work()
    }
}
