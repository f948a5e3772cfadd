// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import NIOCore
import NIOHTTP1

/// Who may ask by TCP, and how: what a browser could be talked into is refused.
///
/// A page that somebody reads may send requests to any address that his browser reaches. It cannot
/// choose the Host, sends its Origin, and needs leave, which is never given, for any but a few
/// types of content and for headers of its own.
final class NetworkGate {
    let access: NetworkAccess
    private var failures = FailedLogins()
    private let log: @Sendable (String) -> Void

    init(_ access: NetworkAccess, log: @escaping @Sendable (String) -> Void) {
        self.access = access
        self.log = log
    }

    /// Why a request is refused; nil when it may be carried out.
    func objection(to head: HTTPRequestHead, from address: String) -> Refusal? {
        objectionToPlace(head.headers) ?? objectionToLogin(head.headers, from: address)
            ?? (head.method == .GET ? nil : objectionToType(head.headers))
    }

    private func objectionToPlace(_ headers: HTTPHeaders) -> Refusal? {
        let hosts = headers["host"]
        guard hosts.count <= 1, isKnown(hosts.first ?? "") else {
            return Refusal(
                .forbidden,
                "This is not the name of the host that was asked.",
                hint: "Ask by its address, or write the name under 'hosts' in the section 'http'."
            )
        }
        let site = headers["sec-fetch-site"].first ?? "none"
        let origin = headers["origin"].first
        guard site == "none" || site == "same-origin",
            origin == nil || origin == "http://" + (hosts.first ?? "")
        else { return Refusal(.forbidden, "Another site may not ask here.") }
        return nil
    }

    /// Whether a Host is this machine: an address cannot be a name that somebody has pointed here.
    private func isKnown(_ host: String) -> Bool {
        if host.isEmpty { return true }
        let name: Substring
        if host.hasPrefix("[") {
            guard let end = host.firstIndex(of: "]") else { return false }
            name = host[host.index(after: host.startIndex)..<end]
        } else {
            name = host.prefix { $0 != ":" }
        }
        let known = name.lowercased()
        return known == "localhost" || access.names.contains(known)
            || (try? SocketAddress(ipAddress: known, port: 0)) != nil
    }

    private func objectionToLogin(_ headers: HTTPHeaders, from address: String) -> Refusal? {
        // What is open asks for nothing, and takes no notice of what it is told.
        guard let user = access.user else { return nil }
        let now = NIODeadline.now()
        guard !failures.isLockedOut(address, at: now) else {
            return Refusal(
                .forbidden,
                "There were too many wrong passwords.",
                hint: "Try again in a minute.",
                status: 429
            )
        }
        guard let header = headers["authorization"].first else { return .unauthorized }
        guard let login = Login(header: header) else {
            return failed(address, now)
        }
        // Both are looked at in any case, each by its digest.
        let isUser = StoredPassword(user.name).isSame(as: login.user)
        let isPassword = user.password.isSame(as: login.password)
        guard isUser, isPassword else { return failed(address, now) }
        failures.succeeded(address)
        return nil
    }

    private func failed(_ address: String, _ now: NIODeadline) -> Refusal {
        failures.failed(address, at: now)
        log("control: refused a wrong password from \(address)")
        return .unauthorized
    }

    /// What a form can send is refused, unless a header comes with it that no form can send.
    private func objectionToType(_ headers: HTTPHeaders) -> Refusal? {
        let type = headers["content-type"].first?.prefix { $0 != ";" }.lowercased()
        let isSafe = [
            "application/json", "application/octet-stream", "text/xml", "application/xml",
        ]
        .contains(type)
        guard !isSafe, headers[RequestKey.header].isEmpty, headers["x-requested-with"].isEmpty
        else {
            return nil
        }
        return Refusal(
            .forbidden,
            "By TCP a command needs the type of its content, or a header that no page can send.",
            hint: "Send 'Content-Type: application/json', 'Idempotency-Key' or 'X-Requested-With'."
        )
    }
}

extension Refusal {
    static let unauthorized = Refusal(
        .unauthorized,
        "A user and a password are asked for here.",
        hint: "Send them as 'Authorization: Basic'; swisordctl takes -u and -p."
    )
}
