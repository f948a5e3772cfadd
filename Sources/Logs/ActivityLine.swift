// SPDX-License-Identifier: Apache-2.0

import Platform

/// How serious a line of the activity log is; the names are those of supervisord.
package enum ActivityLevel: Int, Hashable, Sendable, CaseIterable, Comparable {
    case blather, trace, debug, info, warn, error, critical

    /// What stands in the line.
    package var code: String {
        switch self {
        case .blather: "BLAT"
        case .trace: "TRAC"
        case .debug: "DEBG"
        case .info: "INFO"
        case .warn: "WARN"
        case .error: "ERRO"
        case .critical: "CRIT"
        }
    }

    package static func < (left: ActivityLevel, right: ActivityLevel) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// One line of the activity log, as in `2026-11-23 04:32:10,123 INFO spawned: 'x' with pid 7`.
///
/// Control characters are escaped: one event is one line, whatever a program's name or an error
/// text brings along.
struct ActivityLine: Hashable {
    /// The line, with its end.
    let bytes: [UInt8]

    /// `moment` is in seconds since 1970.
    init(_ level: ActivityLevel, _ text: String, at moment: Double = WallClock.now()) {
        bytes = Array(
            "\(WallClock.activityStamp(moment)) \(level.code) \(Self.escaped(text))\n".utf8
        )
    }

    /// The text with its control characters in the notation of C or Swift.
    static func escaped(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isControl) else { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _ where isControl(scalar): result += "\\u{\(String(scalar.value, radix: 16))}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }
}
