// SPDX-License-Identifier: Apache-2.0

/// The name of one boot of the machine: instants, pids and start times mean nothing in another.
///
/// The kernel's own (`/proc/sys/kernel/random/boot_id`). Where that cannot be read it is the start
/// time of pid 1 with the time of the boot, which a step of the clock changes: then records are
/// not believed that could have been, never the other way round.
package struct BootID: Hashable, Sendable {
    package let text: String

    /// - Parameter text: At most 64 bytes; what is longer is cut.
    package init(text: String) {
        self.text = String(decoding: text.utf8.prefix(64), as: UTF8.self)
    }

    /// Nobody knows: two of these are not the same boot.
    package static let unknown = BootID(text: "")

    /// The boot that this process lives in.
    package static func current() -> BootID {
        read(
            "/proc/sys/kernel/random/boot_id",
            statistics: "/proc/stat",
            ofFirst: { ProcessStat.read(1)?.startTicks }
        )
    }

    /// Whether both name one boot.
    package func isSame(as other: BootID) -> Bool {
        self == other && self != .unknown
    }

    static func read(
        _ path: String,
        statistics: String,
        ofFirst startTicks: () -> UInt64?
    ) -> BootID {
        if let text = try? SmallFile.read(path, limit: 256),
            let word = text.split(whereSeparator: \.isWhitespace).first, word.utf8.count >= 16
        {
            return BootID(text: String(word))
        }
        guard let ticks = startTicks(),
            let text = try? SmallFile.read(statistics, limit: 1 << 24),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix("btime ") })
        else { return .unknown }
        return BootID(text: "\(line) \(ticks)")
    }
}
