// SPDX-License-Identifier: Apache-2.0

import Configuration
import ControlAPI
import Glibc
import Logs
import Platform
import Supervision
import Testing

@testable import swisord

@Suite("What the wire is told")
struct MappingTests {
    private let name = ProcessName(group: "g", process: "web")

    private func failure(
        _ step: SpawnFailure.Step,
        _ number: Int32,
        isPermanent: Bool
    ) -> CommandOutcome.Failure {
        .spawnError(
            .neverExecuted(
                SpawnFailure(
                    step: step,
                    subject: "/x",
                    errorNumber: number,
                    reason: "why",
                    isPermanent: isPermanent
                )
            )
        )
    }

    @Test("of a failure is the code that supervisord has for it")
    func errors() {
        func code(_ failure: CommandOutcome.Failure) -> APIError.Code {
            APIError(failure, of: name).code
        }
        #expect(code(.noSuchProcess) == .noSuchProcess)
        #expect(code(.noSuchGroup) == .noSuchGroup)
        #expect(code(.alreadyStarted) == .alreadyStarted)
        #expect(code(.notRunning) == .notRunning)
        #expect(code(.shuttingDown) == .shuttingDown)
        #expect(code(.abnormalTermination("why")) == .abnormalTermination)
        #expect(code(.spawnError(.code(1))) == .spawnError)
        #expect(code(failure(.exec, ENOENT, isPermanent: true)) == .noSuchFile)
        #expect(code(failure(.exec, EACCES, isPermanent: true)) == .notExecutable)
        #expect(code(failure(.exec, ENOMEM, isPermanent: false)) == .spawnError)
        #expect(code(failure(.directory, ENOENT, isPermanent: false)) == .spawnError)
        let error = APIError(failure(.exec, ENOENT, isPermanent: true), of: name)
        #expect(error.message == "exec: /x: why")
    }

    @Test("of an end has the code or the signal, never both")
    func exits() {
        let snapshot = ProcessSnapshot(
            text: StatusText(now: Instant(nanoseconds: 0), wallNow: 0)
        )
        let code = snapshot.exit(.code(3))
        #expect(code.code == 3)
        #expect(code.signal == nil)
        #expect(code.text == "exit status 3")
        let signal = snapshot.exit(.signal(.segmentationFault, coreDumped: true))
        #expect(signal.code == nil)
        #expect(signal.signal == 11)
        #expect(signal.signalName == "SIGSEGV")
        #expect(signal.coreDumped)
        let never = snapshot.exit(.neverExecuted(.missingCommand))
        #expect(never.code == nil && never.signal == nil && !never.coreDumped)
        #expect(never.text == "exec: /nope: No such file or directory")
    }

    @Test("of a process is one snapshot of all that is known")
    func snapshot() throws {
        var process = Driven(.plain { $0.startSeconds = .seconds(10) }, name)
        process.start()
        process.handle(.executed)
        process.pass(.seconds(2))
        process.handle(.exited(.code(3)))
        let member = try #require(process.fleet[process.id])
        let text = StatusText(now: process.now, wallNow: 1000)
        let info = ProcessSnapshot(text: text).info(
            member,
            stdout: ProcessInfo.Log(path: "/out"),
            stderr: ProcessInfo.Log(path: nil)
        )
        #expect(info.name == "web")
        #expect(info.group == "g")
        #expect(info.state == "BACKOFF")
        #expect(info.stateCode == 30)
        #expect(info.pid == 0)
        #expect(info.startedAt == 998)
        #expect(info.stoppedAt == 1000)
        #expect(info.uptime == nil)
        #expect(info.runs == 1)
        #expect(info.failures == 1)
        #expect(info.retryLimit == 3)
        #expect(info.nextAttemptIn == 1)
        #expect(info.stdout.path == "/out")
    }
}

@Suite("An output of a program")
struct OutletTests {
    private let name = ProcessName(group: "g", process: "web")

    private func kind(
        _ destination: LogDestination,
        credentials: Credentials? = nil
    ) -> Outlet.Kind {
        Outlet.Kind(
            LogSettings(destination: destination, maxBytes: 100, backups: 2),
            of: name,
            descriptor: 2,
            credentials: credentials
        )
    }

    @Test("goes where the settings say")
    func kinds() {
        #expect(kind(.none) == .dropped)
        #expect(kind(.inherit) == .captured(.inherit(descriptor: 2, prefix: "g:web | ")))
        #expect(kind(.syslog) == .captured(.syslog(tag: "g:web")))
        #expect(
            kind(.file("/x"))
                == .captured(.file(LogFileSettings(path: "/x", maxBytes: 100, backups: 2)))
        )
    }

    @Test("belongs to the program's user")
    func owner() {
        let user = Credentials(uid: 7, gid: 8, groups: [], name: "u", home: "/", shell: "/")
        guard case .captured(.file(let file)) = kind(.file("/x"), credentials: user) else {
            Issue.record("not a file")
            return
        }
        #expect(file.owner == LogFileSettings.Owner(user: 7, group: 8))
    }
}
