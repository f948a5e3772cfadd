// SPDX-License-Identifier: Apache-2.0

/// An address that supervisord's clients ask for, beside those of the route table.
package enum SupervisordAddress: Hashable, Sendable {
    /// XML-RPC: whatever begins with `/RPC2`.
    case calls
    /// A log that is followed from near its end.
    case log(LogSource)
    /// One of a log that is written in no way that a log is named.
    case nothing

    /// Nil for an address that is none of supervisord's.
    package init?(target: String) {
        if target.hasPrefix("/RPC2") {
            self = .calls
            return
        }
        let path = target.prefix { $0 != "?" }
        let parts = path.split(separator: "/", omittingEmptySubsequences: true)
        switch parts.first {
        case "mainlogtail": self = parts.count == 1 ? .log(.daemon) : .nothing
        case "logtail": self = .programLog(parts.dropFirst())
        default: return nil
        }
    }

    /// The log of `name`, or of `name/channel`.
    private static func programLog(_ parts: ArraySlice<Substring>) -> SupervisordAddress {
        guard let first = parts.first, parts.count <= 2, let name = PercentCoding.decode(first)
        else { return .nothing }
        guard parts.count == 2, let last = parts.last else {
            return .log(.program(name: name, channel: .stdout))
        }
        guard let channel = LogSource.Channel(rawValue: String(last)) else { return .nothing }
        return .log(.program(name: name, channel: channel))
    }
}
