// SPDX-License-Identifier: Apache-2.0

import Glibc
import Platform
import Supervision
import Testing

extension KernelTests {
    /// These change the mask and the dispositions of their process, so each has one of its own.
    @Suite("A signal source", .timeLimit(.minutes(10)))
    struct SignalSourceTests {
        @Test("tells what was sent and by whom, and lets no signal end the process")
        func reads() async {
            await #expect(processExitsWith: .success) {
                let source = try SignalSource()
                #expect(source.read().isEmpty)
                // To this thread, for the test process has others, which did not inherit the mask.
                // SIGCONT is left out: the kernel drops it when a stop signal follows.
                let harmless = (1...64).compactMap { Signal(rawValue: $0) }.filter {
                    ![4, 5, 6, 7, 8, 9, 11, 13, 18, 19, 31, 32, 33].contains($0.rawValue)
                }
                for signal in harmless { pthread_kill(pthread_self(), signal.rawValue) }
                let received = source.read()
                #expect(Set(received.map(\.signal)) == Set(harmless))
                #expect(received.allSatisfy { $0.sender == getpid() })
                #expect(received.allSatisfy { $0.senderUser == getuid() })
                #expect(source.read().isEmpty)
            }
        }

        @Test("leaves alone what the processor raises")
        func leavesFatalOnes() async {
            await #expect(processExitsWith: .success) {
                let source = try SignalSource()
                var mask = sigset_t()
                pthread_sigmask(SIG_BLOCK, nil, &mask)
                for number in [SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT] {
                    #expect(sigismember(&mask, number) == 0)
                }
                for number in [SIGTERM, SIGHUP, SIGCHLD, SIGTSTP, SIGXFSZ] {
                    #expect(sigismember(&mask, number) == 1)
                }
                _ = source.read()
            }
        }

        @Test("makes a broken pipe an error")
        func ignoresBrokenPipes() async {
            await #expect(processExitsWith: .success) {
                signal(SIGPIPE, SIG_DFL)
                let source = try SignalSource()
                var ends: [Int32] = [-1, -1]
                #expect(pipe(&ends) == 0)
                close(ends[0])
                #expect(write(ends[1], "x", 1) == -1 && errno == EPIPE)
                #expect(source.read().isEmpty)
            }
        }

        @Test("sets an ignored SIGCHLD back, so that exit statuses are kept")
        func keepsStatuses() async {
            await #expect(processExitsWith: .success) {
                signal(SIGCHLD, SIG_IGN)
                let source = try SignalSource()
                let program = try shell("exit 5")
                let child = try Spawner().spawn(program, output: .null, error: .null)
                let pid = child.pid
                var found: ReapedChild?
                try eventually("the exit") {
                    found = Reaper.reap(pid: pid)
                    return found != nil
                }
                #expect(found?.status == .code(5))
                _ = source.read()
            }
        }

        @Test("hides nothing from programs: their mask is empty")
        func isNotInherited() async {
            await #expect(processExitsWith: .success) {
                let source = try SignalSource()
                let outcome = try run(
                    PreparedProgram(
                        arguments: ["cat", "/proc/self/status"],
                        environment: [],
                        candidates: ["/bin/cat"]
                    ),
                    with: Spawner()
                )
                for line in ["SigBlk", "SigIgn", "SigCgt"] {
                    #expect(outcome.output.contains("\(line):\t0000000000000000\n"), "\(line)")
                }
                _ = source.read()
            }
        }
    }
}
