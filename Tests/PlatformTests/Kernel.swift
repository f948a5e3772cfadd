// SPDX-License-Identifier: Apache-2.0

import Glibc
import Platform
import Supervision
import Testing

/// All tests that make processes, one after the other.
///
/// A child that another test is just making holds a copy of every descriptor until its exec. A
/// script that was written a moment ago is "busy" for as long, and a lock is still held.
@Suite("The kernel", .serialized)
struct KernelTests {}

/// A condition that a test waited for and that did not come about.
struct Timeout: Error, CustomStringConvertible {
    let awaited: String
    var description: String { "waited in vain for \(awaited)" }
}

/// Looks again until the condition holds; the deadline only ends a test that fails.
func eventually(
    _ awaited: String,
    within limit: Duration = .seconds(120),
    _ condition: () throws -> Bool
) throws {
    let deadline = ContinuousClock.now + limit
    while try !condition() {
        guard ContinuousClock.now < deadline else { throw Timeout(awaited: awaited) }
        usleep(500)
    }
}

/// Waits for one child and answers its raw wait status.
///
/// One that does not end is killed, and the test fails.
func waitFor(_ pid: Int32) -> Int32 {
    var status: Int32 = 0
    do {
        try eventually("the end of \(pid)") { waitpid(pid, &status, WNOHANG) == pid }
    } catch {
        Issue.record(error)
        kill(pid, SIGKILL)
        while waitpid(pid, &status, 0) == -1, errno == EINTR {}
    }
    return status
}

/// Everything that can be read from a path.
func contents(_ path: String) -> String {
    let number = open(path, O_RDONLY | O_CLOEXEC)
    guard number >= 0 else { return "" }
    defer { close(number) }
    return drain(number)
}

/// Everything that can be read from a descriptor without waiting, or up to its end.
func drain(_ number: Int32) -> String {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
        let count = read(number, &buffer, buffer.count)
        guard count > 0 else { break }
        bytes += buffer.prefix(count)
    }
    return String(decoding: bytes, as: UTF8.self)
}

/// A directory of its own for one test, gone with it.
final class Folder {
    let path: String

    init() {
        var template = Array("/tmp/swisord-test-XXXXXX".utf8CString)
        path = template.withUnsafeMutableBufferPointer { buffer in
            guard let start = buffer.baseAddress, let made = mkdtemp(start) else {
                return "/nonexistent"
            }
            return String(cString: made)
        }
    }

    deinit {
        _ = system("rm -rf '\(path)'")
    }

    /// Writes a file.
    ///
    /// Another process writes it: this one may be making children elsewhere, which would hold the
    /// file open for writing, and a program that is open for writing cannot be executed.
    func file(_ name: String, _ text: String, mode: mode_t = 0o644) -> String {
        let file = "\(path)/\(name)"
        if let writer = popen("cat > '\(file)'", "we") {
            fputs(text, writer)
            pclose(writer)
        }
        chmod(file, mode)
        return file
    }
}

/// What a child said and how it ended.
struct Outcome {
    let report: SpawnReport
    let output: String
    let status: Int32

    var exitCode: Int32 { (status >> 8) & 0xff }
}

/// Runs a program to its end, its standard output and error in one file.
func run(
    _ program: PreparedProgram,
    with spawner: borrowing Spawner
) throws -> Outcome {
    let folder = Folder()
    let path = folder.file("output", "")
    let output = OwnedDescriptor(owning: open(path, O_RDWR | O_CLOEXEC | O_APPEND))
    let child = try spawner.spawn(
        program,
        output: .descriptor(output.rawValue),
        error: .sameAsStdout
    )
    let pid = child.pid
    let descriptor = child.takeReport()
    var report = SpawnReport.pending
    try eventually("the report of \(pid)") {
        report = SpawnReport.read(descriptor, of: program)
        return report != .pending
    }
    let status = waitFor(pid)
    return Outcome(report: report, output: contents(path), status: status)
}

/// A program that is one line of shell.
func shell(
    _ script: String,
    environment: [String] = ["PATH=/usr/bin:/bin"],
    directory: String? = nil,
    credentials: Credentials? = nil,
    umask: UInt16? = nil
) throws -> PreparedProgram {
    try PreparedProgram(
        arguments: ["sh", "-c", script],
        environment: environment,
        candidates: ["/bin/sh"],
        directory: directory,
        credentials: credentials,
        umask: umask
    )
}

/// The account that owns nothing.
let nobody = Credentials(
    uid: 65534,
    gid: 65534,
    groups: [65534],
    name: "nobody",
    home: "/nonexistent",
    shell: "/usr/sbin/nologin"
)
