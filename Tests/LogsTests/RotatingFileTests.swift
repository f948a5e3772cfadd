// SPDX-License-Identifier: Apache-2.0

import Glibc
import Platform
import Supervision
import Testing

@testable import Logs

@Suite("A rotating file", .timeLimit(.minutes(10)))
struct RotatingFileTests {
    private let directory: TemporaryDirectory
    private let start = Instant(nanoseconds: 1)
    private var later: Instant { start.advanced(by: .seconds(2)) }

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func open(_ name: String = "x.log", maxBytes: Int = 0, backups: Int = 0) -> RotatingFile
    {
        let settings = LogFileSettings(
            path: directory(name),
            maxBytes: maxBytes,
            backups: backups
        )
        return RotatingFile(settings, at: start)
    }

    private func append(_ text: String, to file: RotatingFile, at now: Instant? = nil) -> Int {
        file.prepare(at: now ?? start)
        return file.append(Array(text.utf8)[...], at: now ?? start)
    }

    @Test("appends to what is there, and is made with mode 0640")
    func appends() throws {
        #expect(append("one\n", to: open()) == 0)
        #expect(append("two\n", to: open()) == 0)
        #expect(text(directory("x.log")) == "one\ntwo\n")
        let old = umask(0)
        umask(old)
        #expect(try FileStatus(path: directory("x.log")).mode == 0o640 & ~UInt32(old))
    }

    @Test("rotates at line ends and keeps every byte in order", arguments: 0..<40 as Range<UInt64>)
    func rotatesAtLineEnds(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let maxBytes = [40, 300, 5000, 5000, 100_000].randomElement(using: &random) ?? 300
        let longest = min(maxBytes, 60_000)
        var input: [UInt8] = []
        while input.count < maxBytes * 8 {
            let length = Int.random(in: 0..<longest, using: &random)
            input += [UInt8](repeating: UInt8.random(in: 97...122, using: &random), count: length)
            input.append(0x0A)
        }
        input += Array("and a begun line".utf8.prefix(longest))
        let file = open(maxBytes: maxBytes, backups: 1000)
        var rest = input[...]
        while !rest.isEmpty {
            let piece = rest.prefix(Int.random(in: 1...65536, using: &random))
            file.prepare(at: start)
            #expect(file.append(piece, at: start) == 0)
            rest = rest.dropFirst(piece.count)
        }
        #expect(file.trouble == nil)
        let files = try chain()
        #expect(files.count > 5)
        #expect(Array(files.joined()) == input)
        for (index, bytes) in files.enumerated() {
            #expect(bytes.count <= maxBytes, "file \(index)")
            if index < files.count - 1 { #expect(bytes.last == 0x0A, "file \(index)") }
        }
    }

    /// The log and its backups, oldest first.
    private func chain() throws -> [[UInt8]] {
        let backups = directory.names().compactMap { Int($0.dropFirst("x.log.".count)) }.sorted()
        #expect(backups == Array(1..<(backups.count + 1)))
        return (backups.reversed() + [0]).map {
            contents(RotationPlan.name(of: directory("x.log"), $0))
        }
    }

    @Test("cuts a line that is longer than a file, and loses none of it")
    func endlessLine() throws {
        let file = open(maxBytes: 1000, backups: 100)
        let line = (0..<5500).map { UInt8(97 + $0 % 26) }
        #expect(append(String(decoding: line, as: UTF8.self), to: file) == 0)
        let files = try chain()
        #expect(Array(files.joined()) == line)
        #expect(files.allSatisfy { $0.count <= 1000 })
    }

    @Test("without backups starts over in the same file")
    func noBackups() {
        let file = open(maxBytes: 10)
        #expect(append("12345678\n", to: file) == 0)
        #expect(append("abc\n", to: file) == 0)
        #expect(text(directory("x.log")) == "abc\n")
        #expect(directory.names() == ["x.log"])
    }

    @Test("replaces no directory that has the name of a backup, and goes on")
    func foreignBackup() {
        mkdir(directory("x.log.1"), 0o700)
        let file = open(maxBytes: 10, backups: 1)
        #expect(append("12345678\n", to: file) == 0)
        #expect(append("abcdefg\n", to: file) == 0)
        #expect(text(directory("x.log")) == "12345678\nabcdefg\n")
        #expect(file.trouble?.contains("x.log.1: is a directory") == true)
        rmdir(directory("x.log.1"))
        #expect(append("z\n", to: file, at: later) == 0)
        #expect(text(directory("x.log")) == "z\n")
        #expect(file.trouble == nil)
    }

    @Test("is made again at once when it was deleted")
    func deleted() {
        let file = open()
        #expect(append("one\n", to: file) == 0)
        unlink(directory("x.log"))
        #expect(append("two\n", to: file) == 0)
        #expect(text(directory("x.log")) == "two\n")
    }

    @Test("is made again within a second when it was renamed")
    func renamed() {
        let file = open()
        #expect(append("one\n", to: file) == 0)
        rename(directory("x.log"), directory("x.log-old"))
        #expect(append("two\n", to: file, at: later) == 0)
        #expect(text(directory("x.log")) == "two\n")
        #expect(text(directory("x.log-old")) == "one\n")
    }

    @Test("goes on at the new end when others have emptied it")
    func truncated() {
        let file = open()
        #expect(append("one\n", to: file) == 0)
        truncate(directory("x.log"), 0)
        #expect(append("two\n", to: file) == 0)
        #expect(text(directory("x.log")) == "two\n")
    }

    @Test("counts what is lost while its directory is missing, and recovers")
    func missingDirectory() {
        let file = open("sub/x.log")
        #expect(append("lost\n", to: file) == 5)
        #expect(file.trouble == "open \(directory("sub/x.log")): No such file or directory")
        mkdir(directory("sub"), 0o700)
        #expect(append("kept\n", to: file) == 0)
        #expect(file.trouble == nil)
        #expect(text(directory("sub/x.log")) == "kept\n")
    }

    @Test("counts what a full device does not take")
    func fullDevice() {
        let file = RotatingFile(
            LogFileSettings(path: "/dev/full", maxBytes: 4, backups: 3),
            at: start
        )
        #expect(append("lost\n", to: file) == 5)
        #expect(file.trouble == "write /dev/full: No space left on device")
    }

    @Test("does not follow a symbolic link")
    func symbolicLink() {
        let victim = directory("victim")
        close(Glibc.open(victim, O_CREAT | O_WRONLY, 0o600))
        symlink(victim, directory("x.log"))
        let file = open()
        #expect(append("harm\n", to: file) == 5)
        #expect(file.trouble == "open \(directory("x.log")): Too many levels of symbolic links")
        #expect(contents(victim).isEmpty)
    }

    @Test("says no more what stood in its place once it has that again")
    func itsPlaceAgain() {
        mkdir(directory("sub"), 0o700)
        let file = open("sub/x.log")
        rename(directory("sub"), directory("away"))
        #expect(append("one\n", to: file, at: later) == 0)
        #expect(file.trouble == "open \(directory("sub/x.log")): No such file or directory")
        rename(directory("away"), directory("sub"))
        #expect(append("two\n", to: file, at: later.advanced(by: .seconds(2))) == 0)
        #expect(file.trouble == nil)
        #expect(text(directory("sub/x.log")) == "one\ntwo\n")
    }

    @Test("does not write to a pipe, nor wait for its reader")
    func pipe() {
        mkfifo(directory("x.log"), 0o600)
        let file = open()
        #expect(append("harm\n", to: file) == 5)
        #expect(file.trouble?.hasSuffix("is a pipe, not a regular file") == true)
    }

    @Test("refuses a file with a second name when it is root's", .enabled(if: geteuid() == 0))
    func hardLink() {
        let victim = directory("victim")
        close(Glibc.open(victim, O_CREAT | O_WRONLY, 0o600))
        link(victim, directory("x.log"))
        let file = open()
        #expect(append("harm\n", to: file) == 5)
        #expect(contents(victim).isEmpty)
    }

    @Test("reads its tail across a rotation")
    func tail() throws {
        let file = open(maxBytes: 10, backups: 2)
        #expect(append("12345678\n", to: file) == 0)
        #expect(append("abc\n", to: file) == 0)
        #expect(try file.tail(bytes: 2) == Array("c\n".utf8))
        #expect(try file.tail(bytes: 8) == Array("678\nabc\n".utf8))
        #expect(try file.tail(bytes: 1000) == Array("12345678\nabc\n".utf8))
        #expect(try file.tail(bytes: 0) == [])
    }

    @Test("is empty and alone once cleared")
    func clears() throws {
        let file = open(maxBytes: 10, backups: 2)
        for _ in 0..<4 { #expect(append("12345678\n", to: file) == 0) }
        close(Glibc.open(directory("x.log.9"), O_CREAT | O_WRONLY, 0o600))
        #expect(directory.names() == ["x.log", "x.log.1", "x.log.2", "x.log.9"])
        try file.clear()
        #expect(directory.names() == ["x.log", "x.log.9"])
        #expect(append("new\n", to: file) == 0)
        #expect(text(directory("x.log")) == "new\n")
    }

    /// What can have the name of a log, as /dev/stdout has one, and is not ours.
    enum Stranger: CaseIterable {
        case link, pipe, device

        /// Puts it there; only who may make devices can make each.
        func make(_ path: String, for target: String) -> Bool {
            switch self {
            case .link: symlink(target, path) == 0
            case .pipe: mkfifo(path, 0o600) == 0
            case .device: mknod(path, S_IFCHR | 0o666, 0x103) == 0
            }
        }
    }

    @Test("replaces, removes and empties nothing that is no file", arguments: Stranger.allCases)
    func strangers(stranger: Stranger) throws {
        let target = directory("target")
        let number = Glibc.open(target, O_CREAT | O_WRONLY, 0o600)
        #expect(write(number, "precious\n", 9) == 9)
        close(number)
        let path = directory("x.log")
        guard stranger.make(path, for: target) else { return }
        let before = try FileStatus(path: path)
        let file = open(maxBytes: 10, backups: 2)
        for _ in 0..<4 {
            _ = append("12345678\n", to: file)
            try? file.clear()
        }
        let after = try FileStatus(path: path)
        #expect(after.identity == before.identity)
        #expect(after.kind == before.kind)
        #expect(directory.names() == ["target", "x.log"])
        #expect(text(target) == "precious\n")
    }

    @Test("empties no file that others have given another name")
    func clearsNoRenamed() throws {
        let file = open()
        #expect(append("kept\n", to: file) == 0)
        rename(directory("x.log"), directory("theirs"))
        try file.clear()
        #expect(text(directory("theirs")) == "kept\n")
        #expect(append("new\n", to: file) == 0)
        #expect(text(directory("x.log")) == "new\n")

        rename(directory("x.log"), directory("theirs"))
        symlink(directory("theirs"), directory("x.log"))
        #expect(throws: LogFileError.self) { try file.clear() }
        #expect(text(directory("theirs")) == "new\n")
    }

    @Test("keeps the mode that was given to it over rotations")
    func keepsMode() throws {
        let file = open(maxBytes: 10, backups: 2)
        chmod(directory("x.log"), 0o604)
        for _ in 0..<3 { #expect(append("12345678\n", to: file) == 0) }
        #expect(try FileStatus(path: directory("x.log")).mode == 0o604)
    }
}
