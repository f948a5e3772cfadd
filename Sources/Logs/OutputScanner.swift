// SPDX-License-Identifier: Apache-2.0

/// Finds in what a program writes the parts that are not for its log: sequences for a terminal, and
/// what stands between the tags of process communication.
///
/// It remembers nothing: what is `unfinished` is to be offered again, with what has come since.
struct OutputScanner: Hashable {
    /// What stands next, and of how many bytes it is.
    enum Piece: Hashable {
        case text(Int)
        /// A sequence that is left out.
        case escape(Int)
        /// Both tags and what is between them: so many bytes after the first tag.
        case message(body: Int, length: Int)
        /// The first tag of a message whose last tag is not waited for here.
        case opening(Int)
        /// A part of a message that has been opened.
        case body(Int)
        /// The rest of a message that has been opened, and its last tag.
        case closing(body: Int, length: Int)
        /// The beginning of a sequence, a tag or a message.
        case unfinished
    }

    /// What to do with a beginning.
    enum Wait {
        /// More may come.
        case more
        /// More may come, but a message is too long to wait for its end.
        case full
        /// Nothing more will come.
        case over
    }

    var stripsEscapes = false
    var findsMessages = false

    static let begin = Array("<!--XSUPERVISOR:BEGIN-->".utf8)
    static let end = Array("<!--XSUPERVISOR:END-->".utf8)

    /// The next piece of these bytes, of which there is at least one.
    ///
    /// `isOpen` says that a message has been opened and not closed.
    func next(in bytes: ArraySlice<UInt8>, isOpen: Bool, _ wait: Wait) -> Piece {
        if isOpen { return rest(ofMessage: bytes, wait) }
        var index = bytes.startIndex
        while let special = bytes[index...].firstIndex(where: isSpecial) {
            let found = piece(at: bytes[special...], wait)
            if let found {
                return special == bytes.startIndex ? found : .text(special - bytes.startIndex)
            }
            index = special + 1
        }
        return .text(bytes.count)
    }

    /// Bytes without the sequences that are left out.
    func stripped(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        guard stripsEscapes else { return Array(bytes) }
        let scanner = OutputScanner(stripsEscapes: true)
        var rest = bytes
        var text: [UInt8] = []
        while !rest.isEmpty {
            switch scanner.next(in: rest, isOpen: false, .over) {
            case .text(let count), .body(let count), .opening(let count), .message(_, let count),
                .closing(_, let count):
                text += rest.prefix(count)
                rest = rest.dropFirst(count)
            case .escape(let count): rest = rest.dropFirst(count)
            case .unfinished: return text + rest
            }
        }
        return text
    }

    private func isSpecial(_ byte: UInt8) -> Bool {
        byte == EscapeSequence.first && stripsEscapes || byte == Self.begin[0] && findsMessages
    }

    /// What begins with a special byte; nil when that is text like any other.
    private func piece(at bytes: ArraySlice<UInt8>, _ wait: Wait) -> Piece? {
        if bytes.first == EscapeSequence.first {
            return switch EscapeSequence.match(bytes) {
            case .complete(let count): .escape(count)
            case .partial: wait == .over ? nil : .unfinished
            case .none: nil
            }
        }
        guard bytes.starts(with: Self.begin) else {
            return wait != .over && Self.begin.starts(with: bytes) ? .unfinished : nil
        }
        let body = bytes.dropFirst(Self.begin.count)
        if let count = Self.position(of: Self.end, in: body) {
            return .message(body: count, length: Self.begin.count + count + Self.end.count)
        }
        return switch wait {
        case .more: .unfinished
        case .full: .opening(Self.begin.count)
        case .over: nil
        }
    }

    private func rest(ofMessage bytes: ArraySlice<UInt8>, _ wait: Wait) -> Piece {
        if let count = Self.position(of: Self.end, in: bytes) {
            return .closing(body: count, length: count + Self.end.count)
        }
        guard wait != .over else { return .body(bytes.count) }
        let beginning = Self.beginning(of: Self.end, atEndOf: bytes)
        return beginning < bytes.count ? .body(bytes.count - beginning) : .unfinished
    }

    /// How many bytes stand before a tag; nil when it is not there.
    private static func position(of tag: [UInt8], in bytes: ArraySlice<UInt8>) -> Int? {
        var index = bytes.startIndex
        while let start = bytes[index...].firstIndex(of: tag[0]) {
            if bytes[start...].starts(with: tag) { return start - bytes.startIndex }
            index = start + 1
        }
        return nil
    }

    /// How many of the last bytes may be the first of a tag.
    private static func beginning(of tag: [UInt8], atEndOf bytes: ArraySlice<UInt8>) -> Int {
        let longest = min(bytes.count, tag.count - 1)
        return (0...longest).reversed().first { tag.starts(with: bytes.suffix($0)) } ?? 0
    }
}

/// The sequences by which programs colour what they write, move the cursor or name their window
/// (ECMA-48, and the operating system commands of xterm).
enum EscapeSequence {
    enum Match: Hashable {
        case complete(Int)
        /// A sequence may begin like this.
        case partial
        case none
    }

    static let first: UInt8 = 0x1B

    /// Longer ones are none: whatever was cut off must not swallow what follows it.
    private static let mostParameters = 256
    private static let mostText = 4096

    /// What stands at the beginning of bytes whose first is ESC.
    static func match(_ bytes: ArraySlice<UInt8>) -> Match {
        let rest = bytes.dropFirst()
        guard let second = rest.first else { return .partial }
        switch second {
        case UInt8(ascii: "["):
            return controlSequence(bytes)
        case UInt8(ascii: "]"), UInt8(ascii: "P"), UInt8(ascii: "X"), UInt8(ascii: "^"),
            UInt8(ascii: "_"):
            return string(bytes)
        case 0x20...0x2F:
            let between = rest.prefix { 0x20...0x2F ~= $0 }
            return finished(bytes, after: between.endIndex, by: 0x30...0x7E)
        case 0x30...0x7E: return .complete(2)
        default: return .none
        }
    }

    /// ESC [, parameters, intermediate bytes, and one that ends it.
    private static func controlSequence(_ bytes: ArraySlice<UInt8>) -> Match {
        let parameters = bytes.dropFirst(2).prefix { 0x30...0x3F ~= $0 }
        let between = bytes[parameters.endIndex...].prefix { 0x20...0x2F ~= $0 }
        return finished(bytes, after: between.endIndex, by: 0x40...0x7E)
    }

    private static func finished(
        _ bytes: ArraySlice<UInt8>,
        after index: Int,
        by last: ClosedRange<UInt8>
    ) -> Match {
        guard index - bytes.startIndex < mostParameters else { return .none }
        guard index < bytes.endIndex else { return .partial }
        return last ~= bytes[index] ? .complete(index + 1 - bytes.startIndex) : .none
    }

    /// A string on one line that BEL or ESC \ ends.
    private static func string(_ bytes: ArraySlice<UInt8>) -> Match {
        let text = bytes.dropFirst(2).prefix(mostText)
        guard let index = text.firstIndex(where: { $0 < 0x20 && $0 != 0x09 }) else {
            return text.count == mostText ? .none : .partial
        }
        switch bytes[index] {
        case 0x07: return .complete(index + 1 - bytes.startIndex)
        case first:
            guard index + 1 < bytes.endIndex else { return .partial }
            return bytes[index + 1] == UInt8(ascii: "\\")
                ? .complete(index + 2 - bytes.startIndex) : .none
        default: return .none
        }
    }
}
