// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import Testing

@Suite("Server-sent events")
struct ServerSentEventTests {
    @Test("are read back from every cut")
    func cuts() throws {
        let events = [
            ServerSentEvent(id: "1", event: "process_state", data: "{\"a\":1}"),
            ServerSentEvent(id: "2", data: "two\nlines\u{2028}\n"),
        ]
        let bytes = events.flatMap(\.encoded)
        for cut in 0...bytes.count {
            var decoder = ServerSentEventDecoder()
            var read = decoder.feed(bytes[..<cut])
            read += decoder.feed(bytes[cut...])
            #expect(read == events)
        }
    }

    @Test("end their lines in any way, and may hold comments and unknown fields")
    func dialects() {
        let text = ": hello\r\nevent: a\r\ndata:x\r\nretry: 5\r\n\r\ndata: y\rdata\r\r\n\nid: 7\n\n"
        var decoder = ServerSentEventDecoder()
        #expect(
            decoder.feed(text.utf8) == [
                ServerSentEvent(event: "a", data: "x"), ServerSentEvent(data: "y\n"),
            ]
        )
    }

    @Test("cannot be forged by what stands in their fields")
    func forged() {
        let event = ServerSentEvent(
            id: "1\ndata: x",
            event: "a\n\ndata: y",
            data: "z\r\revent: b\u{2028}c"
        )
        var decoder = ServerSentEventDecoder()
        let read = decoder.feed(event.encoded)
        #expect(read.count == 1)
        #expect(read.first?.id == "1data: x")
        #expect(read.first?.event == "adata: y")
    }

    @Test("carry notes")
    func notes() throws {
        var decoder = ServerSentEventDecoder()
        let event = try #require(decoder.feed(try Filled.note.serverSentEvent()).first)
        #expect(event.id == "1")
        #expect(event.event == "process_state")
        #expect(try EventNote(event) == Filled.note)
        #expect(try EventNote(ServerSentEvent(event: "lost", data: "{}")) == nil)
        #expect(throws: APIError.self) {
            try EventNote(ServerSentEvent(event: "reload", data: "{"))
        }
    }
}
