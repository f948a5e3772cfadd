// SPDX-License-Identifier: Apache-2.0

import Glibc
import Platform
import Supervision
import SystemPackage
import Testing

extension KernelTests {
    @Suite("A pipe for input", .timeLimit(.minutes(10)))
    struct InputPipeTests {
        private struct Started: ~Copyable {
            let pid: Int32
            let writer: OwnedDescriptor
            let output: String

            consuming func closeWriter() { _ = consume writer }
        }

        /// Starts a shell that reads from a pipe and writes to a file.
        private func start(
            _ script: String,
            _ folder: Folder,
            as user: Credentials? = nil
        ) throws -> Started {
            let pipe = try InputPipe(owner: user)
            let path = folder.file("output", "")
            let output = OwnedDescriptor(owning: open(path, O_RDWR | O_CLOEXEC | O_APPEND))
            let child = try Spawner().spawn(
                try shell(script, credentials: user),
                input: pipe.end.rawValue,
                output: .descriptor(output.rawValue),
                error: .sameAsStdout
            )
            let (end, writer) = pipe.parts()
            close(end)
            return Started(
                pid: child.pid,
                writer: OwnedDescriptor(owning: writer),
                output: path
            )
        }

        @Test("carries what is written to it, and may be opened again as /dev/stdin")
        func carries() throws {
            let folder = Folder()
            let user = geteuid() == 0 ? nobody : nil
            let script = "read a; read b < /proc/self/fd/0; echo $b-$a"
            let started = try start(script, folder, as: user)
            #expect(try InputPipe.write(Array("one\ntwo\n".utf8), to: started.writer) == 8)
            #expect(waitFor(started.pid) == 0)
            // A shell reads byte by byte, so the second reader finds the second line.
            #expect(contents(started.output) == "two-one\n")
        }

        @Test("never ends for the program, also when nobody is left who could write")
        func noEnd() throws {
            let folder = Folder()
            let script = "read x; echo $x; exec cat"
            let started = try start(script, folder)
            _ = try InputPipe.write(Array("first\n".utf8), to: started.writer)
            try eventually("the first line") { contents(started.output) == "first\n" }
            let (pid, output) = (started.pid, started.output)
            started.closeWriter()
            guard let again = try InputPipe.writer(of: pid) else {
                Issue.record("it reads from no pipe")
                return
            }
            _ = try InputPipe.write(Array("second\n".utf8), to: again)
            try eventually("the second line") { contents(output) == "first\nsecond\n" }
            kill(pid, SIGKILL)
            _ = waitFor(pid)
        }

        @Test("takes no more than it has room for, and says when the program has closed it")
        func limits() async {
            await #expect(processExitsWith: .success) {
                // As the daemon does.
                signal(SIGPIPE, SIG_IGN)
                let (end, number) = try InputPipe().parts()
                let writer = OwnedDescriptor(owning: number)
                var total = 0
                while true {
                    let piece = [UInt8](repeating: 7, count: 50_000)
                    let count = try InputPipe.write(piece, to: writer)
                    if count == 0 { break }
                    total += count
                }
                #expect(total >= 4096)
                close(end)
                #expect(throws: SystemError.self) { try InputPipe.write([1], to: writer) }
                #expect(try InputPipe.write([], to: writer) == 0)
            }
        }

        @Test("is found only where a program was given one")
        func notOurs() throws {
            let child = try Spawner().spawn(
                try shell("exec sleep 1000"),
                output: .null,
                error: .null
            )
            try eventually("the program") { contents("/proc/\(child.pid)/comm") == "sleep\n" }
            let isFound = if try InputPipe.writer(of: child.pid) != nil { true } else { false }
            #expect(!isFound)
            kill(child.pid, SIGKILL)
            _ = waitFor(child.pid)
        }
    }
}
