// SPDX-License-Identifier: Apache-2.0

package import Platform
import Supervision
private import Synchronization

/// A thread that moves what programs write from their FIFOs to log files.
///
/// It owns the FIFOs' read ends and the files outright; whoever posts commands never waits for a
/// disk. Without `shutdown` it runs for ever, also when nobody holds this value any more.
package final class LogThread: Sendable {
    private let commands: Mailbox<LogCommand>
    private let lines: Mailbox<[UInt8]>
    private let thread: Mutex<Platform.Thread?>
    /// What it is at, for those who want to know whether it waits for a disk.
    let mark: WorkMark

    /// Far more than a daemon ever has outstanding: a refused command would lose a descriptor.
    private static let commandCapacity = 1 << 20
    /// While the activity log's disk hangs, so many lines wait for it; then they are counted.
    private static let lineCapacity = 8192

    /// Starts the thread.
    ///
    /// - Parameters:
    ///   - name: as `top -H` shows it, at most 15 bytes.
    ///   - notices: called on the log thread, must not wait.
    /// - Throws: when there are no descriptors or threads left.
    package convenience init(
        name: String,
        notices: @escaping @Sendable (LogNotice) -> Void
    ) throws(SystemError) {
        try self.init(name: name, watch: nil, journal: nil, notices: notices)
    }

    /// Starts a thread that `watch` looks after.
    init(
        name: String,
        watch: DiskWatch?,
        journal: MoveJournal?,
        notices: @escaping @Sendable (LogNotice) -> Void
    ) throws(SystemError) {
        let mark = WorkMark(watch)
        self.mark = mark
        commands = try Mailbox(capacity: Self.commandCapacity)
        lines = try Mailbox(capacity: Self.lineCapacity)
        let loop = try LogLoop(
            commands: commands,
            lines: lines,
            mark: mark,
            journal: journal,
            notices: notices
        )
        thread = Mutex(try Platform.Thread(name: name) { loop.run() })
    }

    /// Gives the thread something to do, after all that was posted before.
    package func post(_ command: LogCommand) {
        commands.post(command)
    }

    /// Gives the activity log one line, with its line end; refused, and counted, when too many
    /// of them wait.
    package func write(activity line: [UInt8]) {
        lines.post(line)
    }

    /// Waits for the thread's end, which `shutdown` asks for.
    package func join() {
        thread.withLock { $0.take() }?.join()
    }
}
