// SPDX-License-Identifier: Apache-2.0

import ControlAPI

/// Looks at the bytes of a request's head before the parser does, and is stricter.
///
/// The parser forgives bare line feeds and folded headers, on which two programs may disagree
/// where a request ends. Here lines end with CR LF, begin with no blank, hold no control
/// characters, and are limited in length, number and sum.
struct HeadScanner {
    private let limits: ControlLimits
    private var total = 0
    private var lineLength = 0
    private var lines = 0
    private var emptyLines = 0
    private var afterReturn = false

    init(limits: ControlLimits) {
        self.limits = limits
    }

    /// Whether more than the empty lines that may stand before a request has been seen.
    var hasBegun: Bool { lines > 0 || lineLength > 0 }

    /// What the bytes of a head lead to.
    enum Verdict {
        case incomplete, complete
        case refused(Refusal)
    }

    /// Takes bytes up to the end of the head, or to the first that may not be in one.
    ///
    /// - Returns: how many bytes before that belong to the head.
    mutating func scan(_ bytes: some Collection<UInt8>) -> (Int, Verdict) {
        var count = 0
        for byte in bytes {
            do throws(Refusal) {
                let isComplete = try take(byte)
                count += 1
                if isComplete { return (count, .complete) }
            } catch {
                return (count, .refused(error))
            }
        }
        return (count, .incomplete)
    }

    private mutating func take(_ byte: UInt8) throws(Refusal) -> Bool {
        total += 1
        if afterReturn {
            guard byte == UInt8(ascii: "\n") else { throw .notHTTP }
            afterReturn = false
            return try endLine()
        }
        switch byte {
        case UInt8(ascii: "\r"): afterReturn = true
        case UInt8(ascii: " ") where lineLength == 0, UInt8(ascii: "\t") where lineLength == 0:
            throw Refusal(.badRequest, "A header line begins with a blank.")
        case 0..<0x09, 0x0A..<0x20, 0x7F: throw .notHTTP
        default:
            lineLength += 1
            try check()
        }
        return false
    }

    private mutating func endLine() throws(Refusal) -> Bool {
        defer { lineLength = 0 }
        if lineLength == 0 {
            if lines > 0 { return true }
            emptyLines += 1
            // One is common after a body; more is not.
            guard emptyLines <= 2 else { throw .notHTTP }
            return false
        }
        lines += 1
        guard lines <= limits.headerLines + 1 else {
            throw Refusal(
                .tooLarge,
                "The request has more than \(limits.headerLines) headers.",
                status: 431
            )
        }
        return false
    }

    private func check() throws(Refusal) {
        if lines == 0 {
            guard lineLength <= limits.requestLine else {
                throw Refusal(
                    .tooLarge,
                    "The request line is longer than \(limits.requestLine) bytes.",
                    hint: "Name fewer programs, or use a pattern.",
                    status: 414
                )
            }
        } else {
            guard lineLength <= limits.headerLine else {
                throw Refusal(
                    .tooLarge,
                    "A header is longer than \(limits.headerLine) bytes.",
                    status: 431
                )
            }
        }
        guard total <= limits.headBytes else {
            throw Refusal(
                .tooLarge,
                "The headers are longer than \(limits.headBytes) bytes.",
                status: 431
            )
        }
    }
}
