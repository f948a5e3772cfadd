// SPDX-License-Identifier: Apache-2.0

private import CSpawn
private import Glibc
private import Supervision

/// Turns this process into a daemon whose starter waits until it is ready.
///
/// `detach` forks. The original process stays behind, waits for word from the daemon and ends with
/// 0 when it is ready, else with the reason on standard error. So a script that starts the daemon
/// knows afterwards whether it runs.
package struct Daemonizer: ~Copyable {
    private let channel: OwnedDescriptor

    /// Leaves the terminal and the starter behind; returns in the daemon only.
    ///
    /// Call it before any thread is started: a fork takes only the calling one along. Standard
    /// input is `/dev/null` at once, output and error remain until `ready`, for messages.
    ///
    /// - Throws: `SystemError`, in the original process, when there was no daemon to be had.
    package static func detach() throws(SystemError) -> Daemonizer {
        try NullDevice.fillStandardDescriptors()
        var ends: [Int32] = [-1, -1]
        _ = try retrying("pipe2") { swisord_pipe(&ends) }
        // Text that is still buffered would be written by both.
        fflush(nil)
        let pid = swisord_fork()
        if pid > 0 {
            close(ends[1])
            awaitWord(of: pid, ends[0])
        }
        let failure = SystemError.last("fork")
        close(ends[0])
        let daemon = Daemonizer(toStarter: OwnedDescriptor(owning: ends[1]))
        guard pid == 0 else { throw failure }
        setsid()
        do throws(SystemError) {
            let null = try NullDevice.open()
            dup2(null.rawValue, 0)
        } catch {
            daemon.failed(error.description)
            _exit(1)
        }
        return daemon
    }

    /// The pipe on which the starter waits for word, for a process that this one becomes.
    package var channelNumber: Int32 { channel.rawValue }

    /// The starter's pipe in a process that came of the one that was detached.
    package init(toStarter channel: consuming OwnedDescriptor) {
        self.channel = channel
    }

    /// The starter that was left to this process by the guardian; nil when nobody waits.
    package static func inherited() -> Daemonizer? {
        guard let channel = Guardian.takeReadyChannel() else { return nil }
        return Daemonizer(toStarter: channel)
    }

    /// Tells the starter that the daemon runs, and lets go of standard output and error.
    ///
    /// - Throws: `SystemError` when there is nothing to take their place; the starter was told.
    package consuming func ready() throws(SystemError) {
        Self.say([Self.readyMark], to: channel)
        let null = try NullDevice.open()
        dup2(null.rawValue, 1)
        dup2(null.rawValue, 2)
    }

    /// Tells the starter why there is no daemon; the caller is to end now.
    ///
    /// - Parameters:
    ///   - reason: Text for standard error, whole lines; a line end is added if it lacks one.
    ///   - code: The exit status of the starter, 1 to 255.
    package consuming func failed(_ reason: String, code: UInt8 = 1) {
        let end = reason.hasSuffix("\n") ? "" : "\n"
        Self.say([max(code, 1)] + Array(reason.utf8) + Array(end.utf8), to: channel)
    }

    private static let readyMark: UInt8 = 0

    /// Writes all of it; a starter that has gone in the meantime is no reason to stop.
    private static func say(_ bytes: [UInt8], to channel: borrowing OwnedDescriptor) {
        var rest = bytes[...]
        let before = signal(SIGPIPE, SIG_IGN)
        defer { signal(SIGPIPE, before) }
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(channel.rawValue, $0.baseAddress, $0.count) }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno != EINTR {
                return
            }
        }
    }

    /// The rest of the original process's life.
    private static func awaitWord(of pid: Int32, _ reader: Int32) -> Never {
        var word: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(reader, &buffer, buffer.count)
            if count > 0 {
                word += buffer.prefix(count)
                if word.first == readyMark { exit(0) }
            } else if count == 0 || errno != EINTR {
                break
            }
        }
        guard let code = word.first else {
            complain("the daemon ended before it was ready: \(ending(of: pid))\n")
            exit(1)
        }
        complain(String(decoding: word.dropFirst(), as: UTF8.self))
        exit(Int32(code))
    }

    private static func complain(_ text: String) {
        let bytes = Array(text.utf8)
        _ = write(2, bytes, bytes.count)
    }

    private static func ending(of pid: Int32) -> String {
        var status: Int32 = 0
        while waitpid(pid, &status, 0) == -1 {
            if errno != EINTR { return ExitStatus.unknown.description }
        }
        return ExitStatus(waitStatus: status).description
    }
}
