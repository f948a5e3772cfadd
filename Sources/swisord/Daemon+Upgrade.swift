// SPDX-License-Identifier: Apache-2.0

import ControlAPI

/// Going over to another executable while programs run on.
extension Daemon {
    /// Begins an upgrade; the daemon that comes of it answers, or this one why there is none.
    ///
    /// - Parameters:
    ///   - path: The new executable; nil for the daemon's own file as it is now.
    ///   - reply: Gets the answer.
    func upgrade(_ path: String?, _ reply: @escaping PendingReplies.Reply) {
        reply(
            .failure(
                APIError(
                    .failed,
                    "swisord runs without a guardian, which would keep its programs meanwhile",
                    hint: "stop swisord and start the new one"
                )
            )
        )
    }
}
