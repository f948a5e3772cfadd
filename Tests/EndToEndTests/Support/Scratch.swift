// SPDX-License-Identifier: Apache-2.0

import Glibc
import Synchronization

/// A directory of one scenario, and the mark that every process of the scenario carries.
///
/// The mark stands in the environment, which programs inherit, so that nothing that a scenario
/// has started outlives it: not the daemon, not its programs, not the orphans of a killed one.
final class Scratch {
    let path: String
    let mark: String
    private static let counter = Atomic<Int>(0)

    init() throws {
        var template = Array("/tmp/swisord-e2e-XXXXXX".utf8CString)
        let made = template.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) }
        }
        guard let made else { throw Program.Failure(description: "cannot make a directory") }
        path = made
        let number = Scratch.counter.add(1, ordering: .relaxed).newValue
        mark = "SWISORD_SCENARIO=\(getpid())-\(number)"
        Watchdog.start()
    }

    /// Ends everything that carries the mark, and removes the directory.
    func clear() {
        for _ in 0..<200 {
            let pids = Scratch.processes(marked: mark)
            guard !pids.isEmpty else { break }
            for pid in pids { kill(pid, SIGKILL) }
            try? eventually("the end of \(pids)", within: .milliseconds(200)) {
                pids.allSatisfy { !isAlive(Int($0)) }
            }
        }
        Scratch.removeAll(path)
    }

    private static func removeAll(_ path: String) {
        guard let kind = try? status(path).st_mode & S_IFMT else { return }
        if kind == S_IFDIR {
            for name in names(in: path) { removeAll("\(path)/\(name)") }
            rmdir(path)
        } else {
            unlink(path)
        }
    }

    /// The living processes whose environment holds the mark.
    static func processes(marked mark: String) -> [Int32] {
        let mark = Array(mark.utf8)
        return names(in: "/proc").compactMap { Int32($0) }.filter { pid in
            pid != getpid()
                && bytes(of: "/proc/\(pid)/environ").split(separator: 0).contains { variable in
                    variable.elementsEqual(mark)
                }
        }
    }

    /// How many processes there are on the machine.
    static var processCount: Int { names(in: "/proc").count { Int32($0) != nil } }

    /// Writes a file, relative to the directory.
    @discardableResult
    func write(_ name: String, _ text: String, mode: mode_t = 0o644) -> String {
        let path = name.hasPrefix("/") ? name : "\(self.path)/\(name)"
        let number = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
        guard number >= 0 else { return path }
        defer { close(number) }
        fchmod(number, mode)
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(number, $0.baseAddress, $0.count) }
            guard count > 0 else { break }
            rest = rest.dropFirst(count)
        }
        return path
    }

    /// Writes into a file that is there, such as one of the kernel's; whether it was taken.
    static func overwrite(_ path: String, _ text: String) -> Bool {
        let number = open(path, O_WRONLY | O_CLOEXEC)
        guard number >= 0 else { return false }
        defer { close(number) }
        return Glibc.write(number, text, text.utf8.count) == text.utf8.count
    }

    func read(_ name: String) -> String { contents("\(path)/\(name)") }
}

/// Ends what scenarios have started when the test process itself is killed.
///
/// A shell waits at the end of a pipe that only this process holds open.
private enum Watchdog {
    static func start() { _ = isRunning }

    private static let isRunning: Bool = {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0, fcntl(ends[1], F_SETFD, FD_CLOEXEC) == 0 else { return false }
        // The reading end under another number, without the flag: the shell is to have it.
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawn_file_actions_adddup2(&actions, ends[0], 0)
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        posix_spawnattr_setflags(&attributes, 0x80)  // SETSID
        let script = """
            read nothing
            for process in /proc/[0-9]*; do
                if grep -qs '\(prefix)' $process/environ; then kill -9 ${process#/proc/}; fi
            done
            """
        var pid: pid_t = 0
        let code = withCStrings(["sh", "-c", script]) { words in
            posix_spawn(&pid, "/bin/sh", &actions, &attributes, words, [nil])
        }
        posix_spawn_file_actions_destroy(&actions)
        posix_spawnattr_destroy(&attributes)
        close(ends[0])
        return code == 0
    }()

    private static var prefix: String { "SWISORD_SCENARIO=\(getpid())-" }
}
