// SPDX-License-Identifier: Apache-2.0

import Glibc
import Platform
import Testing

extension KernelTests {
    /// Each forks its own process; only async-signal-safe things happen in the daemons.
    @Suite("A starter of a daemon", .timeLimit(.minutes(10)))
    struct DaemonizerTests {
        @Test("ends with success once the daemon is ready")
        func ready() async {
            await #expect(processExitsWith: .exitCode(0)) {
                let daemon = try Daemonizer.detach()
                // A session of its own, and nothing to read.
                guard getsid(0) == getpid() else { _exit(1) }
                var byte: UInt8 = 0
                guard read(0, &byte, 1) == 0 else { _exit(1) }
                try daemon.ready()
                _exit(0)
            }
        }

        @Test("gives the daemon's reason and exit code when there is none")
        func failed() async {
            let result = await #expect(
                processExitsWith: .exitCode(3),
                observing: [\.standardErrorContent]
            ) {
                let daemon = try Daemonizer.detach()
                daemon.failed("swisord: the lock is held by pid 42", code: 3)
                _exit(0)
            }
            let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
            #expect(text.contains("swisord: the lock is held by pid 42\n"))
        }

        @Test("fails when the daemon dies without a word")
        func died() async {
            let result = await #expect(
                processExitsWith: .exitCode(1),
                observing: [\.standardErrorContent]
            ) {
                let daemon = try Daemonizer.detach()
                kill(getpid(), SIGKILL)
                _ = consume daemon
            }
            let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
            #expect(text.contains("the daemon ended before it was ready: terminated by SIGKILL\n"))
        }

        @Test("keeps descriptors 0 to 2 for what they are for")
        func fills() async {
            await #expect(processExitsWith: .exitCode(0)) {
                close(0)
                close(2)
                try NullDevice.fillStandardDescriptors()
                guard fcntl(0, F_GETFD) >= 0, fcntl(2, F_GETFD) >= 0 else { exit(1) }
                exit(0)
            }
        }
    }

    @Suite("The rights of this process", .timeLimit(.minutes(10)))
    struct PrivilegesTests {
        @Test("are given up for good", .enabled(if: geteuid() == 0))
        func becomes() async {
            await #expect(processExitsWith: .success) {
                try Privileges.become(nobody)
                #expect(getuid() == 65534 && geteuid() == 65534 && getegid() == 65534)
                #expect(setuid(0) == -1)
                // Once more is no change.
                try Privileges.become(nobody)
                let error = #expect(throws: SystemError.self) {
                    try Privileges.become(Accounts.resolve("0"))
                }
                #expect(error?.operation == "setgroups")
            }
        }

        @Test("to open files are raised to the hard limit, and programs get the old ones back")
        func raises() async {
            await #expect(processExitsWith: .success) {
                let start = try FileLimits.current()
                var low = rlimit(rlim_cur: 200, rlim_max: rlim_t(start.hard))
                #expect(setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &low) == 0)
                let before = try FileLimits.raise()
                #expect(before.soft == 200)
                #expect(try FileLimits.current().soft == start.hard)
                let spawner = try Spawner(restoringOpenFiles: before.soft)
                #expect(try run(shell("ulimit -n"), with: spawner).output == "200\n")
            }
        }

        @Test("leave room for many descriptors to be made at once, as far as they go")
        func room() async {
            await #expect(processExitsWith: .success) {
                let hard = try FileLimits.raise().hard
                let wanted = Int(min(hard, 5000)) - 10
                #expect(FileLimits.makeRoom(for: wanted))
                let line = contents("/proc/self/status").split(separator: "\n").first {
                    $0.hasPrefix("FDSize:")
                }
                let size = line?.split(separator: "\t").last.flatMap { Int($0) }
                #expect((size ?? 0) >= wanted)
                let free = dup(0)
                #expect(free < 100)
                close(free)
                var low = rlimit(rlim_cur: 200, rlim_max: rlim_t(hard))
                #expect(setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &low) == 0)
                #expect(FileLimits.makeRoom(for: 3000))
            }
        }
    }
}
