// SPDX-License-Identifier: Apache-2.0

import Configuration
import ControlAPI
import Platform

/// The thread that looks whether the files of the configuration are still as they were read.
///
/// It is started when there is first somebody who asks. Those who ask together are answered by one
/// look, and all are answered in time: without it when the disk of a file hangs.
struct FileThread: Sendable {
    private struct Task: Sendable {
        let info: DaemonInfo
        let files: ConfigurationRecording
        let reply: @Sendable (Response) -> Void
    }

    /// So long a client may wait for a disk; after a few that hang, not at all.
    private static let longestLook = Duration.milliseconds(500)

    private let tasks: Mailbox<Task>

    /// Starts the thread.
    ///
    /// - Throws: `SystemError` when there are no threads or descriptors to be had.
    init() throws(SystemError) {
        let tasks = try Mailbox<Task>(capacity: 100_000)
        self.tasks = tasks
        _ = try Thread(name: "files") {
            guard var reactor = try? Reactor(),
                (try? reactor.add(tasks.descriptor, token: 0)) != nil
            else { return }
            let patience = Patience(limit: Self.longestLook)
            var events: [Reactor.Event] = []
            while true {
                events.removeAll(keepingCapacity: true)
                guard (try? reactor.wait(timeout: nil, into: &events)) != nil else { return }
                Self.answer(tasks.takeAll(), patience)
            }
        }
    }

    /// Puts the files that have changed into what the daemon says about itself, and answers with it.
    func compare(
        _ files: ConfigurationRecording,
        for info: DaemonInfo,
        reply: @escaping @Sendable (Response) -> Void
    ) {
        if !tasks.post(Task(info: info, files: files, reply: reply)) { reply(.daemon(info)) }
    }

    private static func answer(_ tasks: [Task], _ patience: Patience) {
        var last: (files: ConfigurationRecording, changed: [String]?)?
        for task in tasks {
            let files = task.files
            if last?.files != files {
                let changed = try? patience.call("look") { files.changedFiles() }
                last = (files, changed ?? nil)
            }
            var info = task.info
            info.changedFiles = last?.changed
            task.reply(.daemon(info))
        }
    }
}
