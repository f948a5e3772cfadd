// SPDX-License-Identifier: Apache-2.0

/// One event of `/v1/events`.
package struct EventNote: Hashable, Sendable, Codable {
    package enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
        case processState = "process_state"
        case processCommunication = "process_communication"
        case processLog = "process_log"
        case processGroup = "process_group"
        case remoteCommunication = "remote_communication"
        case tick
        case daemonState = "daemon_state"
        case reload
    }

    /// Counts up by one with every event of any type.
    package var serial: UInt64
    package var type: Kind
    /// supervisord's name of the event, as in `PROCESS_STATE_RUNNING`; nil for one of our own.
    package var event: String?
    /// What a listener is told, in ASCII; nil when that is nothing.
    package var payload: String?
    /// The process; nil when the event is about none.
    package var name: String?
    package var group: String?
    /// The state before and after, in supervisord's words.
    package var from: String?
    package var to: String?
    package var pid: Int?
    /// Seconds since 1970.
    package var at: Double
    /// How the process ended, in words, when it did.
    package var exit: String?

    package init(
        serial: UInt64,
        type: Kind,
        event: String? = nil,
        payload: String? = nil,
        name: String? = nil,
        group: String? = nil,
        from: String? = nil,
        to: String? = nil,
        pid: Int? = nil,
        at: Double,
        exit: String? = nil
    ) {
        self.serial = serial
        self.type = type
        self.event = event
        self.payload = payload
        self.name = name
        self.group = group
        self.from = from
        self.to = to
        self.pid = pid
        self.at = at
        self.exit = exit
    }

    /// Reads a serial, of a query or of the header `Last-Event-ID`; nil for anything else.
    package static func serial(_ text: some StringProtocol) -> UInt64? {
        guard !text.isEmpty, text.utf8.allSatisfy({ 0x30...0x39 ~= $0 }) else { return nil }
        return UInt64(text)
    }

    /// The bytes that go to the client: the serial as `id`, the type as `event`, JSON as `data`.
    package func serverSentEvent() throws(APIError) -> [UInt8] {
        let json = try JSONCoding.encode(self)
        let data = String(decoding: json.dropLast(), as: UTF8.self)
        return ServerSentEvent(id: String(serial), event: type.rawValue, data: data).encoded
    }

    /// Reads the note of an event; nil for an event of another kind, as in `lost`.
    package init?(_ event: ServerSentEvent) throws(APIError) {
        guard Kind(rawValue: event.event) != nil else { return nil }
        self = try JSONCoding.decode(EventNote.self, from: Array(event.data.utf8))
    }
}
