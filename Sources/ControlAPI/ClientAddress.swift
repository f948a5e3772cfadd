// SPDX-License-Identifier: Apache-2.0

/// Where a client finds the daemon.
package enum ClientAddress: Hashable, Sendable {
    /// A Unix socket.
    case path(String)
    /// By TCP; with who he is, where the daemon asks for that.
    case network(host: String, port: Int, Login?)

    /// Reads `unix:///PATH` or `http://HOST:PORT`; nil for anything else.
    package init?(url: String, login: Login? = nil) {
        if url.hasPrefix("unix:///"), url.utf8.count > 8 {
            self = .path(String(url.dropFirst(7)))
            return
        }
        guard url.hasPrefix("http://") else { return nil }
        var place = url.dropFirst(7)
        if place.hasSuffix("/") { place = place.dropLast() }
        let host: Substring
        let rest: Substring
        if place.hasPrefix("[") {
            guard let end = place.firstIndex(of: "]") else { return nil }
            (host, rest) = (place.dropFirst()[..<end], place[place.index(after: end)...])
        } else {
            host = place.prefix { $0 != ":" }
            rest = place[host.endIndex...]
        }
        let digits = rest.dropFirst()
        guard !host.isEmpty, !host.contains(where: { "/@?#".contains($0) }),
            rest.isEmpty || rest.hasPrefix(":") && digits.utf8.allSatisfy({ 0x30...0x39 ~= $0 }),
            let port = rest.isEmpty ? 80 : Int(digits), (1...65_535).contains(port)
        else { return nil }
        self = .network(host: String(host), port: port, login)
    }

    /// For the header `Host`.
    var host: String {
        switch self {
        case .path: "swisord"
        case .network(let host, let port, _):
            host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        }
    }

    /// For the header `Authorization`; nil when there is nothing to say.
    var authorization: String? {
        if case .network(_, _, let login?) = self { login.header } else { nil }
    }
}
