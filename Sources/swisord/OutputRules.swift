// SPDX-License-Identifier: Apache-2.0

import Configuration

/// What is done with one output of a process beside writing it down.
struct OutputRules: Hashable {
    var stripsEscapes = false
    /// How many bytes of a message between tags are told; 0 for none.
    var captureLimit = 0
    /// Whether all that is written makes events.
    var hasEvents = false
    /// Whether it is what an event listener answers.
    var isAnswer = false

    init(of process: ProcessConfiguration, isError: Bool) {
        if process.listener != nil, !isError {
            isAnswer = true
            return
        }
        let settings: LogSettings
        switch (isError, process.stderr) {
        case (false, _): settings = process.stdout
        case (true, .log(let own)): settings = own
        case (true, .redirected): return
        }
        stripsEscapes = settings.stripsEscapes
        captureLimit = Int(clamping: settings.captureMaxBytes)
        hasEvents = settings.hasEvents
    }

    /// Whether somebody wants to know of it, wherever it goes.
    var isRead: Bool { isAnswer || isTold }

    /// Whether events are made of it.
    var isTold: Bool { hasEvents || captureLimit > 0 }
}
