// SPDX-License-Identifier: Apache-2.0

/// A Linux signal by number, with the names that configuration files and people use.
///
/// Numbers are those of x86-64 and arm64; signal 0 is not a signal and cannot be made.
package struct Signal: RawRepresentable, Hashable, Sendable {
    package let rawValue: Int32

    /// Makes a signal of a number from 1 to 64; nil for any other.
    package init?(rawValue: Int32) {
        guard (1...64).contains(rawValue) else { return nil }
        self.rawValue = rawValue
    }

    private init(known: Int32) {
        rawValue = known
    }

    package static let hangup = Signal(known: 1)
    package static let interrupt = Signal(known: 2)
    package static let quit = Signal(known: 3)
    package static let abort = Signal(known: 6)
    package static let kill = Signal(known: 9)
    package static let user1 = Signal(known: 10)
    package static let segmentationFault = Signal(known: 11)
    package static let user2 = Signal(known: 12)
    package static let brokenPipe = Signal(known: 13)
    package static let terminate = Signal(known: 15)
    package static let child = Signal(known: 17)
    package static let `continue` = Signal(known: 18)
    package static let stop = Signal(known: 19)

    /// Parses `TERM`, `SIGTERM`, `sigterm` or `15`; nil when there is no such signal.
    package init?(_ text: some StringProtocol) {
        // Other scripts have letters whose capitals are ASCII, and digits may have a sign.
        guard text.utf8.allSatisfy({ $0 < 0x80 }) else { return nil }
        if let number = Signal.number(text) {
            self.init(rawValue: number)
            return
        }
        var name = text.uppercased()
        if name.hasPrefix("SIG") { name.removeFirst(3) }
        if let index = Signal.names.firstIndex(of: name) {
            self.init(known: Int32(index) + 1)
        } else if let alias = Signal.aliases[name] {
            self.init(known: alias)
        } else if let number = Signal.realTimeNumber(name) {
            self.init(known: number)
        } else {
            return nil
        }
    }

    /// The name with its prefix, as in `SIGTERM` or `SIGRTMIN+3`.
    package var name: String {
        let index = Int(rawValue) - 1
        if index < Signal.names.count { return "SIG" + Signal.names[index] }
        let offset = rawValue - Signal.realTimeMinimum
        if offset < 0 { return "SIG\(rawValue)" }
        return offset == 0 ? "SIGRTMIN" : "SIGRTMIN+\(offset)"
    }

    /// The names of signals 1 to 31 without prefix, in order of their numbers (signal(7)).
    package static let names = [
        "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2",
        "PIPE", "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG",
        "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
    ]

    private static let aliases: [String: Int32] = ["IOT": 6, "CLD": 17, "POLL": 29]

    /// SIGRTMIN as glibc gives it to programs; 32 and 33 are the C library's own.
    private static let realTimeMinimum: Int32 = 34

    /// The value of plain digits; `+3` and `-0` are none.
    private static func number(_ text: some StringProtocol) -> Int32? {
        text.first?.isNumber == true ? Int32(text) : nil
    }

    private static func realTimeNumber(_ name: String) -> Int32? {
        // The two of the C library have no better names than SIG32 and SIG33.
        if let own = number(name), (32..<realTimeMinimum).contains(own) { return own }
        if name == "RTMIN" { return realTimeMinimum }
        if name == "RTMAX" { return 64 }
        if name.hasPrefix("RTMIN+"), let offset = number(name.dropFirst(6)),
            (0...30).contains(offset)
        {
            return realTimeMinimum + offset
        }
        if name.hasPrefix("RTMAX-"), let offset = number(name.dropFirst(6)),
            (0...30).contains(offset)
        {
            return 64 - offset
        }
        return nil
    }
}

extension Signal: CustomStringConvertible {
    package var description: String { name }
}
