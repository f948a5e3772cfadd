// SPDX-License-Identifier: Apache-2.0

private import Glibc

/// A numeric address and a port, as in `127.0.0.1:9001` or `[::1]:9001`.
struct ListenAddress: Hashable {
    let address: String
    let port: Int

    /// Reads text; `localhost` and `*` stand for addresses, other names for none.
    init?(_ text: String) {
        let host: Substring
        let rest: Substring
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { return nil }
            host = text[text.index(after: text.startIndex)..<end]
            rest = text[text.index(after: end)...]
            guard host.contains(":") else { return nil }
        } else {
            guard let colon = text.lastIndex(of: ":") else { return nil }
            host = text[..<colon]
            rest = text[colon...]
            guard !host.contains(":") else { return nil }
        }
        guard rest.hasPrefix(":"), let port = NumberText.integer(String(rest.dropFirst())),
            (1...65_535).contains(port)
        else { return nil }
        switch host {
        case "localhost": address = "127.0.0.1"
        case "*": address = "0.0.0.0"
        default:
            guard Self.isNumeric(String(host)) else { return nil }
            address = String(host)
        }
        self.port = port
    }

    /// Whether only this machine can reach it.
    var isLoopback: Bool {
        address.hasPrefix("127.") || address == "::1"
    }

    private static func isNumeric(_ host: String) -> Bool {
        var four = in_addr()
        var six = in6_addr()
        return inet_pton(AF_INET, host, &four) == 1 || inet_pton(AF_INET6, host, &six) == 1
    }
}
