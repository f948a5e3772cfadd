// SPDX-License-Identifier: Apache-2.0

private import Glibc
package import Supervision

/// The clock that all intervals are measured by; it never jumps and stands still in suspend.
package enum MonotonicClock {
    /// The current instant (CLOCK_MONOTONIC).
    package static func now() -> Instant {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Instant(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }
}

/// The clock by which the kernel tells when a process was made: since boot, suspend included.
package enum BootClock {
    /// The current time (CLOCK_BOOTTIME), in ticks as in `ProcessStat.startTicks`.
    package static func ticks() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        let perSecond = UInt64(ThisProcess.clockTicks)
        let part = UInt64(time.tv_nsec) * perSecond / 1_000_000_000
        return UInt64(time.tv_sec) * perSecond + part
    }
}

/// The time of day, for people only; it may jump, so nothing is measured by it.
package enum WallClock {
    /// Seconds since 1970 (CLOCK_REALTIME).
    package static func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// A time stamp of the activity log in local time, as in `2026-01-31 23:59:59,042`.
    ///
    /// The argument is in seconds since 1970.
    package static func activityStamp(_ seconds: Double) -> String {
        let milliseconds = wholeMilliseconds(seconds)
        let second = milliseconds.quotient
        let local = localTime(second)
        var text = "\(padded(Int(local.tm_year) + 1900, 4))-\(padded(Int(local.tm_mon) + 1, 2))"
        text += "-\(padded(Int(local.tm_mday), 2)) \(padded(Int(local.tm_hour), 2))"
        text += ":\(padded(Int(local.tm_min), 2)):\(padded(Int(local.tm_sec), 2))"
        return text + ",\(padded(milliseconds.remainder, 3))"
    }

    /// A time stamp of the status table in local time, as in `Jan 31 11:59 PM`.
    ///
    /// The argument is in seconds since 1970.
    package static func statusStamp(_ seconds: Double) -> String {
        let local = localTime(wholeMilliseconds(seconds).quotient)
        let month = months.indices.contains(Int(local.tm_mon)) ? months[Int(local.tm_mon)] : "???"
        let hour = Int(local.tm_hour) % 12 == 0 ? 12 : Int(local.tm_hour) % 12
        let half = local.tm_hour < 12 ? "AM" : "PM"
        return "\(month) \(padded(Int(local.tm_mday), 2)) "
            + "\(padded(hour, 2)):\(padded(Int(local.tm_min), 2)) \(half)"
    }

    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// Seconds and milliseconds, rounded down also before 1970; nonsense is taken for 1970.
    private static func wholeMilliseconds(_ seconds: Double) -> (quotient: Int, remainder: Int) {
        guard seconds.isFinite, abs(seconds) < 1e12 else { return (0, 0) }
        let total = Int((seconds * 1000).rounded(.down))
        let remainder = ((total % 1000) + 1000) % 1000
        return ((total - remainder) / 1000, remainder)
    }

    /// Broken-down local time.
    ///
    /// The C library falls back to UTC for a time zone it cannot read.
    private static func localTime(_ second: Int) -> tm {
        var time = time_t(second)
        var local = tm()
        guard localtime_r(&time, &local) != nil else {
            var start = time_t(0)
            gmtime_r(&start, &local)
            return local
        }
        return local
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
}
