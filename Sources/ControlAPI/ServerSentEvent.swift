// SPDX-License-Identifier: Apache-2.0

/// One server-sent event, as browsers know them.
package struct ServerSentEvent: Hashable, Sendable {
    package var id: String
    package var event: String
    package var data: String

    package init(id: String = "", event: String = "message", data: String) {
        self.id = id
        self.event = event
        self.data = data
    }

    /// The lines of the event, with the empty line that ends it.
    ///
    /// Line ends in `id` and `event` are left out: they would begin a field of their own.
    package var encoded: [UInt8] {
        var text = ""
        if !id.isEmpty { text += "id: \(Self.oneLine(id))\n" }
        if event != "message" { text += "event: \(Self.oneLine(event))\n" }
        for line in data.split(omittingEmptySubsequences: false, whereSeparator: Self.endsLine) {
            text += "data: \(line)\n"
        }
        return Array((text + "\n").utf8)
    }

    /// The line ends of the format; others, such as U+2028, are ordinary text in it.
    private static func endsLine(_ character: Character) -> Bool {
        character == "\n" || character == "\r" || character == "\r\n"
    }

    private static func oneLine(_ text: String) -> String {
        text.filter { !endsLine($0) && $0 != "\0" }
    }
}

/// Puts server-sent events together from bytes, however they are split.
package struct ServerSentEventDecoder: Sendable {
    private var line: [UInt8] = []
    private var skipsLineFeed = false
    private var id = ""
    private var event = ""
    private var data: [String] = []
    private var hasData = false

    package init() {}

    /// Takes the next bytes and answers the events that are complete with them.
    package mutating func feed(_ bytes: some Sequence<UInt8>) -> [ServerSentEvent] {
        var events: [ServerSentEvent] = []
        for byte in bytes {
            if skipsLineFeed {
                skipsLineFeed = false
                if byte == UInt8(ascii: "\n") { continue }
            }
            switch byte {
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
                skipsLineFeed = byte == UInt8(ascii: "\r")
                if let event = endLine() { events.append(event) }
            default: line.append(byte)
            }
        }
        return events
    }

    private mutating func endLine() -> ServerSentEvent? {
        defer { line.removeAll(keepingCapacity: true) }
        guard !line.isEmpty else { return endEvent() }
        let text = String(decoding: line, as: UTF8.self)
        let halves = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        var value = halves.count == 2 ? halves[1] : ""
        if value.hasPrefix(" ") { value = value.dropFirst() }
        switch halves[0] {
        case "id": id = String(value)
        case "event": event = String(value)
        case "data":
            data.append(String(value))
            hasData = true
        default: break  // A comment, or a field of a later version.
        }
        return nil
    }

    private mutating func endEvent() -> ServerSentEvent? {
        defer {
            event = ""
            data = []
            hasData = false
        }
        guard hasData else { return nil }
        return ServerSentEvent(
            id: id,
            event: event.isEmpty ? "message" : event,
            data: data.joined(separator: "\n")
        )
    }
}
