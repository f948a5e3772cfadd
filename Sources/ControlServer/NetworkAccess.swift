// SPDX-License-Identifier: Apache-2.0

/// Where the daemon is reached by TCP, and by whom.
package struct NetworkAccess: Sendable {
    /// A numeric address.
    package var address: String
    package var port: Int
    /// Who is let in; nil lets everybody in who can reach the port.
    package var user: (name: String, password: StoredPassword)?
    /// Names of this machine by which it may be asked, beside `localhost` and addresses.
    package var names: Set<String>

    package init(
        address: String,
        port: Int,
        user: (name: String, password: StoredPassword)? = nil,
        names: Set<String> = []
    ) {
        self.address = address
        self.port = port
        self.user = user
        self.names = names
    }
}
