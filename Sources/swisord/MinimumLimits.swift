// SPDX-License-Identifier: Apache-2.0

import Configuration
import Platform

/// `minfds` and `minprocs`: what the process that is started asks for before it becomes anything.
///
/// Guardian, managers and programs inherit it; so it is asked for while root is still there.
enum MinimumLimits {
    static func raise(_ settings: DaemonSettings) throws(StartupFailure) {
        try raise(.openFiles, to: settings.minimumFiles, "minfds")
        try raise(.processes, to: settings.minimumProcesses, "minprocs")
    }

    private static func raise(
        _ limit: ResourceLimit,
        to minimum: Int?,
        _ key: String
    ) throws(StartupFailure) {
        guard let minimum else { return }
        do throws(SystemError) {
            try limit.raise(toAtLeast: minimum)
        } catch {
            throw StartupFailure(
                text: "\(key) is \(minimum), and the limit \(limit.rawValue) cannot be raised so "
                    + "far (\(error.errno)); start it as root, or write a lower number",
                code: 2
            )
        }
    }
}
