// SPDX-License-Identifier: Apache-2.0

/// The connections that are open, on the control thread; keeps them within their number.
final class ConnectionRegistry {
    private let limit: Int
    private var connections: [ObjectIdentifier: Connection] = [:]
    private var whenEmpty: (() -> Void)?

    init(limit: Int) {
        self.limit = limit
    }

    var count: Int { connections.count }

    /// Takes a connection in; the one that has been idle longest is closed to make room.
    ///
    /// - Returns: false when there is no room, because all are busy.
    func admit(_ connection: Connection) -> Bool {
        guard connections.count < limit || closeOldestIdle() else { return false }
        connections[ObjectIdentifier(connection)] = connection
        return true
    }

    /// Closes the connection that has been idle longest; false when all are busy.
    @discardableResult
    func closeOldestIdle() -> Bool {
        let idle = connections.values.compactMap { connection in
            connection.idleSince.map { (connection, $0) }
        }
        guard let oldest = idle.min(by: { $0.1 < $1.1 })?.0 else { return false }
        remove(oldest)
        oldest.close()
        return true
    }

    func remove(_ connection: Connection) {
        connections[ObjectIdentifier(connection)] = nil
        if connections.isEmpty {
            whenEmpty?()
            whenEmpty = nil
        }
    }

    /// Lets pending answers go out, and closes what is idle.
    func finish(then: @escaping () -> Void) {
        whenEmpty = then
        for connection in connections.values { connection.finish() }
        if connections.isEmpty, let whenEmpty {
            self.whenEmpty = nil
            whenEmpty()
        }
    }

    func closeAll() {
        for connection in connections.values { connection.close() }
    }
}
