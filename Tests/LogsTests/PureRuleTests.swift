// SPDX-License-Identifier: Apache-2.0

import Logging
import Supervision
import Testing

@testable import Logs

@Suite("A line splitter")
struct LineSplitterTests {
    @Test("gives the same lines wherever its input is cut")
    func everySplit() {
        let input = Array("one\n\ntwo, longer\nthree".utf8)
        for cut in 0...input.count {
            var splitter = LineSplitter(limit: 100)
            var lines: [String] = []
            let note = { (line: ArraySlice<UInt8>) in
                lines.append(String(decoding: line, as: UTF8.self))
            }
            splitter.feed(input[..<cut], to: note)
            splitter.feed(input[cut...], to: note)
            #expect(lines == ["one", "", "two, longer"])
            splitter.finish(to: note)
            splitter.finish(to: note)
            #expect(lines.last == "three" && lines.count == 4)
        }
    }

    @Test("cuts what is longer than its limit")
    func longLine() {
        var splitter = LineSplitter(limit: 4)
        var lines: [Int] = []
        splitter.feed([UInt8](repeating: 120, count: 11)[...]) { lines.append($0.count) }
        splitter.finish { lines.append($0.count) }
        #expect(lines == [4, 4, 3])
    }
}

@Suite("A report of trouble")
struct TroubleReportTests {
    private let start = Instant(nanoseconds: 0)

    @Test("is told at once, then at most once a second, and when it is over")
    func spacing() {
        var report = TroubleReport()
        #expect(report.due(at: start) == nil)
        report.note(lost: 5, text: "full")
        #expect(report.take(at: start)?.lostBytes == 5)
        report.note(lost: 7, text: "full")
        let soon = start.advanced(by: .milliseconds(10))
        #expect(report.take(at: soon) == nil)
        #expect(report.due(at: soon) == start.advanced(by: .seconds(1)))
        let later = start.advanced(by: .seconds(1))
        #expect(report.take(at: later)?.lostBytes == 7)
        report.note(lost: 0, text: nil)
        let last = report.take(at: later.advanced(by: .seconds(1)))
        #expect(last?.lostBytes == 0, "nothing is told twice")
        #expect(last?.text == nil)
        #expect(report.due(at: later) == nil)
    }

    @Test("says nothing about trouble that came and went untold")
    func blink() {
        var report = TroubleReport()
        report.note(lost: 0, text: "gone")
        report.note(lost: 0, text: nil)
        #expect(report.take(at: start) == nil)
    }
}

@Suite("A mount table")
struct MountTableTests {
    private let table = MountTable(
        """
        22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw
        30 22 0:40 / /var/log rw - nfs server:/x rw
        31 22 0:41 / /mnt/with\\040blank rw - tmpfs none rw
        nonsense
        """
    )

    @Test(
        "finds the deepest mount above a path",
        arguments: [
            ("/x.log", "8:1"), ("/var/lib/x.log", "8:1"), ("/var/log/x.log", "0:40"),
            ("/var/log/a/b/x.log", "0:40"), ("/var/logs/x.log", "8:1"),
            ("/mnt/with blank/x.log", "0:41"), ("relative", ""),
        ]
    )
    func device(path: String, expected: String) {
        #expect(table.device(of: path) == expected)
    }
}

@Suite("A line of the activity log")
struct ActivityLineTests {
    @Test("has supervisord's form")
    func form() throws {
        let line = String(
            decoding: ActivityLine(.info, "spawned: 'x' with pid 7").bytes,
            as: UTF8.self
        )
        #expect(
            line.wholeMatch(
                of: #/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} INFO spawned: 'x' with pid 7\n/#
            ) != nil
        )
    }

    @Test(
        "has its level's code",
        arguments: zip(
            ActivityLevel.allCases,
            ["BLAT", "TRAC", "DEBG", "INFO", "WARN", "ERRO", "CRIT"]
        )
    )
    func levels(level: ActivityLevel, code: String) {
        #expect(level.code == code)
    }

    @Test(
        "is one line, whatever is in the text",
        arguments: [
            ("plain ü \\ text", "plain ü \\ text"), ("a\nb", "a\\nb"), ("a\r\nb", "a\\r\\nb"),
            ("\t", "\\t"), ("\u{1B}[31m", "\\u{1b}[31m"),
            ("\u{0}\u{7F}\u{85}", "\\u{0}\\u{7f}\\u{85}"),
            ("\u{2028}", "\\u{2028}"),
        ]
    )
    func escapes(text: String, expected: String) {
        #expect(ActivityLine.escaped(text) == expected)
    }

    @Test("tells syslog the time in its own form")
    func syslogForm() {
        #expect(syslogStamp("2026-11-03 04:32:10,123") == "Nov  3 04:32:10")
        #expect(syslogStamp("2026-01-23 04:32:10,123") == "Jan 23 04:32:10")
    }
}
