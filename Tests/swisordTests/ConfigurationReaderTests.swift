// SPDX-License-Identifier: Apache-2.0

import Configuration
import Platform
import Testing

@testable import swisord

@Suite("Reading the configuration again", .timeLimit(.minutes(10)))
struct ConfigurationReaderTests {
    @Test("serves those who asked before it began, and reads once more for the others")
    func coalesces() throws {
        let core = try Mailbox<CoreMessage>(capacity: 16)
        var reader = ConfigurationReader(
            file: "/nonexistent/s.yaml",
            overrides: DaemonOverrides()
        )
        func arrival() -> Int {
            var count = 0
            _ = eventually {
                for message in core.takeAll() {
                    if case .configurationRead(let reading) = message, reading.loaded == nil {
                        count += 1
                    }
                }
                return count > 0
            }
            return count
        }
        try reader.begin(for: 0, answering: core)
        #expect(reader.servedByThisReading == 0, "nobody waits")
        try reader.begin(for: 1, answering: core)
        #expect(reader.servedByThisReading == 1)
        // Two more ask while it is under way: it may have read an older file already.
        try reader.begin(for: 3, answering: core)
        #expect(reader.servedByThisReading == 1)
        #expect(arrival() == 1)
        reader.arrived()
        #expect(reader.servedByThisReading == 0)
        try reader.begin(for: 2, answering: core)
        #expect(reader.servedByThisReading == 2)
        #expect(arrival() == 1)
        reader.arrived()
    }

    @Test("says of a missing file what is wrong, in one text")
    func missing() {
        let reading = ConfigurationReader.read("/nonexistent/s.yaml", DaemonOverrides())
        #expect(reading.loaded == nil)
        #expect(reading.text.contains("/nonexistent/s.yaml"))
        #expect(reading.text.contains("No such file or directory"))
    }
}

@Suite("Settings of the command line")
struct DaemonOverridesTests {
    @Test("go over those of the file, and leave the others alone")
    func apply() {
        let before = Configuration.made([]).daemon
        var after = before
        DaemonOverrides().apply(to: &after)
        #expect(after == before)
        DaemonOverrides(
            logfile: "/l",
            logfileMaxBytes: 7,
            logfileBackups: 0,
            logLevel: .debug,
            pidfile: "/p",
            directory: "/d",
            user: UserReference("u"),
            umask: 0o027,
            identifier: "me",
            minimumFiles: 8,
            minimumProcesses: 9,
            nodaemon: true,
            silent: true
        ).apply(to: &after)
        #expect(after.logfile == "/l")
        #expect(after.logfileMaxBytes == 7)
        #expect(after.logfileBackups == 0)
        #expect(after.minimumFiles == 8)
        #expect(after.minimumProcesses == 9)
        #expect(after.silent)
        #expect(after.logLevel == .debug)
        #expect(after.pidfile == "/p")
        #expect(after.directory == "/d")
        #expect(after.user == UserReference("u"))
        #expect(after.umask == 0o027)
        #expect(after.identifier == "me")
        #expect(after.nodaemon)
        #expect(after.socket == before.socket)
    }

    @Test("send the activity log to syslog, or away from it")
    func syslog() {
        var settings = Configuration.made([]).daemon
        DaemonOverrides(logfile: "syslog").apply(to: &settings)
        #expect(settings.logfile == nil)
        DaemonOverrides(logfile: "/l").apply(to: &settings)
        #expect(settings.logfile == "/l")
    }

    @Test(
        "have a umask in octal digits up to 0777",
        arguments: [("022", 0o022), ("0", 0), ("777", 0o777), ("1000", nil), ("8", nil), ("", nil)]
            as [(String, UInt32?)]
    )
    func umask(text: String, bits: UInt32?) {
        #expect(Umask(argument: text)?.bits == bits)
    }
}
