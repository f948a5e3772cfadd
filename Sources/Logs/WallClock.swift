// SPDX-License-Identifier: Apache-2.0

private import Glibc

/// A moment of local time, as log lines show it.
struct WallClock: Hashable {
    var year: Int
    var month: Int
    var day: Int
    var hour: Int
    var minute: Int
    var second: Int
    var millisecond: Int

    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// The time now, in the zone of the machine.
    static func now() -> WallClock {
        var time = timespec()
        _ = clock_gettime(CLOCK_REALTIME, &time)
        var parts = tm()
        _ = localtime_r(&time.tv_sec, &parts)
        return WallClock(
            year: Int(parts.tm_year) + 1900,
            month: Int(parts.tm_mon) + 1,
            day: Int(parts.tm_mday),
            hour: Int(parts.tm_hour),
            minute: Int(parts.tm_min),
            second: Int(parts.tm_sec),
            millisecond: Int(time.tv_nsec) / 1_000_000
        )
    }

    /// `2026-11-23 04:32:10,123`, the form of supervisord's log.
    var text: String {
        "\(padded(year, 4))-\(padded(month))-\(padded(day)) \(clock),\(padded(millisecond, 3))"
    }

    /// `Nov 23 04:32:10`, the form of RFC 3164.
    var syslogText: String {
        let day = day < 10 ? " \(day)" : "\(day)"
        return "\(Self.months[(month - 1) % 12]) \(day) \(clock)"
    }

    private var clock: String {
        "\(padded(hour)):\(padded(minute)):\(padded(second))"
    }

    private func padded(_ number: Int, _ width: Int = 2) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
