// SPDX-License-Identifier: Apache-2.0

import Glibc

/// How a program ended, and what it said.
struct Finished: Equatable, CustomStringConvertible {
    enum Ending: Equatable {
        case exit(Int32)
        case signal(Int32)
    }

    let ending: Ending
    let output: String
    let errors: String

    /// The exit status; 128 and more for a signal, as a shell has it.
    var status: Int32 {
        switch ending {
        case .exit(let code): code
        case .signal(let signal): 128 + signal
        }
    }

    /// The output as lines, without the last line end.
    var lines: [String] {
        var lines = output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        if lines.last == "" { lines.removeLast() }
        return lines
    }

    var description: String { "\(ending), output: \(output), errors: \(errors)" }
}

/// A program that the scenario has started itself; its outputs go to files.
final class Program {
    let pid: Int32
    let outputPath: String
    let errorPath: String
    private(set) var ending: Finished.Ending?

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// Starts a program in a session of its own, with files as its outputs.
    init(
        _ path: String,
        _ arguments: [String],
        environment: [String],
        outputs stem: String,
        directory: String
    ) throws {
        outputPath = stem + ".out"
        errorPath = stem + ".err"
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        let fresh = O_WRONLY | O_CREAT | O_TRUNC | O_APPEND
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, outputPath, fresh, 0o644)
        posix_spawn_file_actions_addopen(&actions, 2, errorPath, fresh, 0o644)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        let flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | 0x80  // SETSID
        posix_spawnattr_setflags(&attributes, Int16(flags))
        var child: pid_t = 0
        // The shell changes the directory and becomes the program, which keeps the pid.
        let shell = ["sh", "-c", #"cd "$0" && exec "$@""#, directory, path]
        let code = withCStrings(shell + arguments) { words in
            withCStrings(environment) { variables in
                posix_spawn(&child, "/bin/sh", &actions, &attributes, words, variables)
            }
        }
        guard code == 0 else {
            throw Failure(description: "cannot start a shell: \(String(cString: strerror(code)))")
        }
        pid = child
    }

    var output: String { contents(outputPath) }
    var errors: String { contents(errorPath) }

    /// Whether it has ended; collects it when it has.
    var isOver: Bool {
        guard ending == nil else { return true }
        var status: Int32 = 0
        guard waitpid(pid, &status, WNOHANG) == pid else { return false }
        ending = status & 0x7f == 0 ? .exit((status >> 8) & 0xff) : .signal(status & 0x7f)
        return true
    }

    func signal(_ number: Int32) {
        if !isOver { kill(pid, number) }
    }

    /// Waits for the end, and ends it when that does not come.
    func finish(within limit: Duration = .seconds(120)) throws -> Finished {
        do {
            try eventually("the end of pid \(pid)", within: limit, seeing: { output + errors }) {
                isOver
            }
        } catch {
            end()
            throw error
        }
        return Finished(ending: ending ?? .exit(-1), output: output, errors: errors)
    }

    /// Kills it if it still runs.
    func end() {
        signal(SIGKILL)
        try? eventually("the end of pid \(pid)") { isOver }
    }
}

/// Hands a list of words to C, with the null pointer at its end.
func withCStrings<Result>(
    _ texts: [String],
    _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
) -> Result {
    let copies = texts.map { strdup($0) } + [nil]
    defer { copies.forEach { free($0) } }
    return body(copies)
}

/// Everything that can be read from a file; empty when there is none.
func contents(_ path: String) -> String {
    String(decoding: bytes(of: path), as: UTF8.self)
}

func bytes(of path: String) -> [UInt8] {
    let number = open(path, O_RDONLY | O_CLOEXEC)
    guard number >= 0 else { return [] }
    defer { close(number) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
        let count = read(number, &buffer, buffer.count)
        guard count > 0 else { return bytes }
        bytes += buffer.prefix(count)
    }
}

/// The names in a directory, sorted.
func names(in directory: String) -> [String] {
    guard let stream = opendir(directory) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
        let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
}

/// Whether there is a process of this pid that is not a zombie.
func isAlive(_ pid: Int) -> Bool {
    guard let state = processState(pid) else { return false }
    return state != "Z" && state != "X"
}

/// The letter of a process's state, as in `ps`; nil when it is gone.
func processState(_ pid: Int) -> Character? {
    let stat = contents("/proc/\(pid)/stat")
    guard let end = stat.lastIndex(of: ")") else { return nil }
    return stat[end...].dropFirst(2).first
}

/// A field of /proc/PID/status, such as `SigBlk`.
func statusField(_ name: String, of pid: Int) -> String {
    for line in contents("/proc/\(pid)/status").split(separator: "\n")
    where line.hasPrefix(name + ":") {
        return String(line.dropFirst(name.count + 1).drop { $0 == "\t" || $0 == " " })
    }
    return ""
}

var isRoot: Bool { geteuid() == 0 }
