// SPDX-License-Identifier: Apache-2.0

import Glibc
import Supervision
import Testing

@testable import Logs

@Suite("A rotation that a kill has cut short", .timeLimit(.minutes(10)))
struct InterruptedRotationTests {
    private let directory: TemporaryDirectory
    private let now = Instant(nanoseconds: 1)

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func put(_ text: String, in name: String) {
        let number = open(directory(name), O_CREAT | O_WRONLY | O_TRUNC, 0o600)
        _ = text.withCString { write(number, $0, strlen($0)) }
        close(number)
    }

    /// The log and its backups, oldest first, whatever numbers are missing.
    private var chain: String {
        (0...9).reversed().map { text(RotationPlan.name(of: directory("x.log"), $0)) }.joined()
    }

    /// Takes some steps of a rotation, and answers whether there are more.
    private func rotate(
        _ settings: LogFileSettings,
        carrying count: Int,
        steps: Int
    ) throws -> Bool {
        let log = try OpenLog.open(in: .open(of: settings.path, user: nil), owner: nil)
        var rotation = try Rotation.plan(
            for: log,
            size: log.initialSize,
            carrying: count,
            settings
        )
        for _ in 0..<steps where try !rotation.takeStep() { return false }
        return true
    }

    @Test(
        "leaves each byte in one place, whichever step was its last",
        arguments: [0, 1, 3],
        ["", "begun"]
    )
    func everyStep(backups: Int, begun: String) throws {
        let settings = LogFileSettings(path: directory("x.log"), maxBytes: 30, backups: backups)
        for steps in 0... {
            for index in 1..<4 where index <= backups { unlink(directory("x.log.\(index)")) }
            put("one\ntwo\n\(begun)", in: "x.log")
            if backups > 1 { put("zero\n", in: "x.log.1") }
            let isCutShort = try rotate(settings, carrying: begun.utf8.count, steps: steps)
            let file = RotatingFile(settings, at: now)
            #expect(file.trouble == nil)
            #expect(file.append(Array("+rest\n".utf8)[...], at: now) == 0)
            let older = backups > 1 ? "zero\n" : ""
            let whole = "\(older)one\ntwo\n\(begun)+rest\n"
            // Without backups a rotation is there to empty the log, all but the begun line.
            let last = "\(begun)+rest\n"
            #expect(chain == whole || backups == 0 && chain == last, "after \(steps) steps")
            #expect(!directory.names().contains(".x.log.swisord"))
            let names = directory.names().filter { $0 != "x.log" }.sorted()
            // At most one number is missing.
            #expect(names.count <= backups && (names.last ?? "") <= "x.log.\(names.count + 1)")
            if !isCutShort { break }
        }
    }

    @Test("is undone when it had come no further than half of the begun line")
    func halfMade() throws {
        put("one\nbegun", in: "x.log")
        put("be", in: ".x.log.swisord")
        let file = RotatingFile(
            LogFileSettings(path: directory("x.log"), maxBytes: 30, backups: 3),
            at: now
        )
        #expect(file.append(Array("+rest\n".utf8)[...], at: now) == 0)
        #expect(chain == "one\nbegun+rest\n")
        #expect(directory.names() == ["x.log"])
    }

    @Test("cuts nothing off a backup that does not end with the begun line")
    func foreignBackup() throws {
        put("other\n", in: "x.log.1")
        put("begun", in: ".x.log.swisord")
        let file = RotatingFile(
            LogFileSettings(path: directory("x.log"), maxBytes: 30, backups: 3),
            at: now
        )
        #expect(file.append(Array("+rest\n".utf8)[...], at: now) == 0)
        #expect(chain == "other\nbegun+rest\n")
    }
}
