// SPDX-License-Identifier: Apache-2.0

import Glibc
import Platform
import Supervision
import Testing

extension KernelTests {
    @Suite("A spawned child", .timeLimit(.minutes(10)))
    struct SpawnerTests {
        private func failure(of program: PreparedProgram) throws -> SpawnFailure {
            let outcome = try run(program, with: Spawner())
            guard case .failed(let failure) = outcome.report else {
                throw Timeout(awaited: "a failure instead of \(outcome.report)")
            }
            #expect(outcome.exitCode == 127)
            return failure
        }

        private func program(_ path: String) throws -> PreparedProgram {
            try PreparedProgram(arguments: [path], environment: [], candidates: [path])
        }

        @Test("may still be on its way to exec when its program is let go of")
        func outlivesItsProgram() throws {
            // It shares this memory until it executes; freed too early, it would be overwritten.
            let spawner = try Spawner()
            for round in 0..<300 {
                let pid = try spawner.spawn(
                    shell("exit \(round % 100)"),
                    output: .null,
                    error: .null
                ).pid
                let overwriting = [UInt8](repeating: 0xff, count: 40_000)
                #expect(waitFor(pid) == Int32(round % 100) << 8)
                #expect(overwriting.count == 40_000)
            }
        }

        @Test("does not touch the error number of the thread that made it")
        func leavesErrno() throws {
            let spawner = try Spawner()
            // So many that the search goes on for a while beside this thread.
            let absent = try PreparedProgram(
                arguments: ["x"],
                environment: [],
                candidates: (0..<50_000).map { "/nope/\($0)" }
            )
            let pid = try spawner.spawn(absent, output: .null, error: .null).pid
            errno = EDOM
            var status: Int32 = 0
            var looks = 0
            while waitpid(pid, &status, WNOHANG) == 0, errno == EDOM { looks += 1 }
            #expect(errno == EDOM)
            #expect(looks > 0)
            if errno != EDOM { _ = waitFor(pid) }
            #expect(status == 127 << 8)
        }

        @Test("has an empty mask, default signals, its own session and only three descriptors")
        func isClean() throws {
            // An ignored signal and descriptors without close-on-exec must not get through.
            signal(SIGPIPE, SIG_IGN)
            let stray = dup(2)
            defer { close(stray) }
            let script = """
                exec 2>/dev/null
                grep -E '^(SigBlk|SigIgn|SigCgt|NSsid|NSpgid|NSpid)' /proc/self/status
                ls /proc/self/fd
                readlink /proc/self/fd/0
                """
            let outcome = try run(
                PreparedProgram(
                    arguments: ["cat", "/proc/self/status"],
                    environment: [],
                    candidates: ["/bin/cat"]
                ),
                with: Spawner()
            )
            #expect(outcome.report == .executed)
            for line in ["SigBlk", "SigIgn", "SigCgt"] {
                #expect(outcome.output.contains("\(line):\t0000000000000000\n"), "\(line)")
            }
            let listing = try run(shell(script), with: Spawner()).output
            // The fourth is the directory that ls itself reads.
            #expect(listing.contains("\n0\n1\n2\n3\n/dev/null\n"), "\(listing)")
        }

        @Test("leads a session and a process group of its own")
        func leads() throws {
            let outcome = try run(shell("echo $$; cut -d' ' -f5,6 /proc/$$/stat"), with: Spawner())
            let lines = outcome.output.split(separator: "\n")
            try #require(lines.count == 2)
            #expect(lines[1] == "\(lines[0]) \(lines[0])")
        }

        @Test("runs in its directory, with its umask, arguments and environment")
        func getsWhatItWasGiven() throws {
            let program = try shell(
                "pwd; umask; echo \"$A\"; env | wc -l",
                environment: ["A=x y", "PATH=/usr/bin:/bin"],
                directory: "/usr",
                umask: 0o027
            )
            // sh adds PWD to its environment; nothing of the daemon's own is there.
            #expect(try run(program, with: Spawner()).output == "/usr\n0027\nx y\n3\n")
        }

        @Test("writes its standard error to wherever its output goes")
        func joinsOutputs() throws {
            #expect(try run(shell("echo a; echo b >&2"), with: Spawner()).output == "a\nb\n")
        }

        @Test("is found by searching, past files that cannot be executed")
        func searches() throws {
            let folder = Folder()
            _ = folder.file("plain", "#!/bin/sh\n", mode: 0o644)
            let path = "/nonexistent:\(folder.path)/plain:\(folder.path):/bin:/usr/bin"
            let found = try PreparedProgram(
                arguments: ["true"],
                environment: [],
                candidates: PreparedProgram.candidates(for: "true", searchPath: path)
            )
            #expect(try run(found, with: Spawner()).report == .executed)

            let refused = try PreparedProgram(
                arguments: ["plain"],
                environment: [],
                candidates: PreparedProgram.candidates(for: "plain", searchPath: path)
            )
            #expect(
                try failure(of: refused).description
                    == "exec: \(folder.path)/plain: Permission denied"
            )

            let missing = try PreparedProgram(
                arguments: ["no-such"],
                environment: [],
                candidates: PreparedProgram.candidates(for: "no-such", searchPath: path)
            )
            #expect(try failure(of: missing).description == "exec: no-such: not found in PATH")
        }

        @Test(
            "says why it could not execute, and whether trying again can help",
            arguments: [
                ("missing", "No such file or directory", true),
                ("plain", "Permission denied", true),
                ("text", "not a program for this machine, nor a script with a #! line", true),
                (
                    "orphan",
                    "the file exists, but the interpreter or loader that it names does not", true
                ),
                ("plain/below", "Not a directory", true),
                ("loop", "Too many levels of symbolic links", true),
                ("busy", "Text file busy", false),
            ]
        )
        func explains(_ name: String, _ reason: String, _ isPermanent: Bool) throws {
            let folder = Folder()
            _ = folder.file("plain", "#!/bin/sh\n", mode: 0o644)
            _ = folder.file("text", "hello\n", mode: 0o755)
            _ = folder.file("orphan", "#!/no/such/interpreter\n", mode: 0o755)
            symlink("loop", "\(folder.path)/loop")
            let busy = folder.file("busy", "#!/bin/sh\n", mode: 0o755)
            let writer = OwnedDescriptor(owning: open(busy, O_WRONLY | O_CLOEXEC))
            let failure = try failure(of: program("\(folder.path)/\(name)"))
            #expect(failure.description == "exec: \(folder.path)/\(name): \(reason)")
            #expect(failure.isPermanent == isPermanent)
            _ = consume writer
        }

        @Test("names the sizes when its arguments are too large")
        func tooLarge() throws {
            let huge = String(repeating: "x", count: 200_000)
            let failure = try failure(
                of: PreparedProgram(
                    arguments: ["/bin/true", huge],
                    environment: ["A=b"],
                    candidates: ["/bin/true"]
                )
            )
            #expect(failure.errorNumber == E2BIG)
            #expect(failure.isPermanent)
            #expect(failure.reason.contains("(200011 bytes)"), "\(failure.reason)")
        }

        @Test("says which directory it could not enter")
        func directory() throws {
            let failure = try failure(of: shell("true", directory: "/nope"))
            #expect(failure.description == "directory: /nope: No such file or directory")
            #expect(!failure.isPermanent)
        }

        @Test("is not made at all when its FIFO is missing")
        func fifo() throws {
            let spawner = try Spawner()
            let program = try shell("true")
            let failure = #expect(throws: SpawnFailure.self) {
                _ = try spawner.spawn(
                    program,
                    output: .fifo("/nope/fifo", PipeTurn(try Bell())),
                    error: .null
                )
            }
            #expect(failure?.description == "output: /nope/fifo: No such file or directory")
        }

        @Test("is refused when a text holds a NUL byte")
        func refusesNUL() {
            let failure = #expect(throws: SpawnFailure.self) {
                try PreparedProgram(
                    arguments: ["a"],
                    environment: ["SECRET=a\0b"],
                    candidates: ["/bin/true"]
                )
            }
            #expect(failure?.description == "environment: SECRET: holds a NUL byte")
        }

        @Test(
            "becomes its user for good, with that user's groups alone",
            .enabled(if: geteuid() == 0)
        )
        func changesUser() throws {
            let program = try shell(
                "grep -E '^(Uid|Gid|Groups)' /proc/self/status",
                credentials: nobody
            )
            #expect(
                try run(program, with: Spawner()).output == """
                    Uid:\t65534\t65534\t65534\t65534
                    Gid:\t65534\t65534\t65534\t65534
                    Groups:\t65534 \n
                    """
            )
        }

        @Test("enters its directory with its user's rights", .enabled(if: geteuid() == 0))
        func entersAsUser() throws {
            let folder = Folder()
            chmod(folder.path, 0o700)
            let failure = try failure(
                of: shell("true", directory: folder.path, credentials: nobody)
            )
            #expect(failure.description == "directory: \(folder.path): Permission denied")
        }

        @Test("gets back the limit of open files that the daemon was started with")
        func restoresLimit() throws {
            let spawner = try Spawner(restoringOpenFiles: 123)
            #expect(try run(shell("ulimit -n"), with: spawner).output == "123\n")
        }

        @Test("that is killed before its exec has not executed")
        func diesEarly() throws {
            let program = try shell("true")
            var ends: [Int32] = [-1, -1]
            pipe(&ends)
            let reader = OwnedDescriptor(owning: ends[0])
            #expect(SpawnReport.read(reader, of: program) == .pending)
            close(ends[1])
            guard case .failed(let failure) = SpawnReport.read(reader, of: program) else {
                Issue.record("no failure")
                return
            }
            #expect(!failure.isPermanent)
        }
    }
}
