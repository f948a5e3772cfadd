// SPDX-License-Identifier: Apache-2.0

import Glibc
import Platform
import Supervision
import Testing

@testable import Logs

/// A small file system in memory, which only the calling thread and those it makes can see.
///
/// For a process of a test's own: the thread never gets back to where it was.
private final class SmallDisk {
    let path: String

    init(_ options: String) throws {
        var template = Array("/tmp/swisord-disk-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw SystemError.last("mkdtemp") }
        path = String(decoding: template.dropLast().map(UInt8.init), as: UTF8.self)
        // CLONE_FS | CLONE_NEWNS; MS_REC | MS_PRIVATE.
        let unshare = hidden("unshare", as: (@convention(c) (Int32) -> Int32).self)
        guard unshare(0x0002_0200) == 0, mount("none", "/", nil, 0x4_4000, nil) == 0,
            mount("none", path, "tmpfs", 0, options) == 0
        else { throw SystemError.last("mount", path) }
    }

    deinit {
        umount2(path, 2)
        rmdir(path)
    }

    /// Whether this process may mount at all; containers often may not.
    static let isPossible: Bool = {
        guard geteuid() == 0 else { return false }
        return system("unshare -m mount -t tmpfs none /mnt 2>/dev/null") == 0
    }()

    /// Fills all but so many bytes of what is left.
    func fill(allBut rest: Int) {
        var info = statvfs()
        statvfs(path, &info)
        let number = open("\(path)/ballast", O_WRONLY | O_CREAT, 0o600)
        posix_fallocate(number, 0, off_t(Int(info.f_bavail) * Int(info.f_bsize) - rest))
        close(number)
    }

    func remount(_ flags: UInt, _ options: String = "") {
        mount("none", path, nil, 32 | flags, options)
    }
}

/// A stream without a thread: pumped by the test.
private struct PumpedStream {
    let file: RotatingFile
    let stream: LogStream
    let writer: Writer
    private let scratch = Scratch()
    let now = Instant(nanoseconds: 1)

    init(_ disk: SmallDisk, maxBytes: Int = 0, _ onFull: LogFileSettings.OnFull) throws {
        let fifo = "/tmp/\(disk.path.dropFirst(5)).fifo"
        let settings = LogFileSettings(
            path: "\(disk.path)/x.log",
            maxBytes: maxBytes,
            backups: 9,
            onFull: onFull
        )
        file = RotatingFile(settings, at: now)
        stream = LogStream(
            StreamID(rawValue: 1),
            reader: DescriptorBox(try Fifo.make(fifo)),
            output: LogOutput(.file(file))
        )
        writer = try Writer(fifo)
        unlink(fifo)
    }

    /// Writes numbered lines of 100 bytes and has them moved.
    func write(_ numbers: Range<Int>) {
        for number in numbers {
            writer.write(Self.line(number))
            if number % 100 == 99 { pump() }
        }
        pump()
    }

    func pump() { while stream.pump(scratch, at: now) > 0 {} }

    static func line(_ number: Int) -> String {
        let digits = String(number)
        return digits + String(repeating: "x", count: 99 - digits.count) + "\n"
    }

    var lost: Int {
        var report = stream.report
        return Int(report.takeLast()?.lostBytes ?? 0)
    }

    /// The numbers of the lines that are whole, in the log and its backups.
    var kept: [Int] {
        let names = (0...9).reversed().map { RotationPlan.name(of: file.path, $0) }
        return names.flatMap { text($0).split(separator: "\n") }.compactMap {
            let digits = $0.prefix { $0 != "x" }
            return $0.utf8.count == 99 ? Int(digits) : nil
        }
    }
}

/// A function of the C library that the overlay does not show.
func hidden<Function>(_ name: String, as type: Function.Type) -> Function {
    unsafeBitCast(dlsym(nil, name), to: type)
}

@Suite(
    "A full disk",
    .enabled("needs to mount", { SmallDisk.isPossible }),
    .timeLimit(.minutes(10))
)
struct FullDiskTests {
    @Test("takes what it can of new output; the rest is counted, and it goes on when there is room")
    func dropNew() async {
        await #expect(processExitsWith: .success) {
            let disk = try SmallDisk("size=64k")
            let log = try PumpedStream(disk, .dropNew)
            log.write(0..<1000)
            #expect(contents(log.file.path).count == 65_536)
            #expect(log.lost == 100_000 - 65_536)
            #expect(log.file.trouble?.hasSuffix("x.log: No space left on device") == true)
            try log.file.clear()
            log.write(1000..<1010)
            #expect(log.kept == Array(1000..<1010))
            #expect(log.file.trouble == nil)
        }
    }

    @Test("drops its oldest output when that is wanted, every byte counted")
    func dropOld() async {
        await #expect(processExitsWith: .success) {
            let disk = try SmallDisk("size=64k")
            let log = try PumpedStream(disk, maxBytes: 10_000, .dropOld)
            log.write(0..<3000)
            #expect(log.file.trouble == nil)
            let kept = log.kept
            // Unbroken up to the last line, and as much as the disk holds but for one file.
            #expect(kept == Array((3000 - kept.count)..<3000))
            #expect(kept.count > 400)
            #expect(log.lost == 300_000 - kept.count * 100)
            // Once there is no older file, the log itself gives way.
            disk.fill(allBut: 0)
            log.write(3000..<3400)
            #expect(log.kept.last == 3399)
            #expect(log.lost == 340_000 - log.kept.count * 100)
        }
    }

    @Test("makes the program wait when that is wanted, and nothing is lost")
    func block() async {
        await #expect(processExitsWith: .success) {
            let disk = try SmallDisk("size=64k")
            let log = try PumpedStream(disk, .block)
            log.write(0..<900)
            #expect(log.stream.isHeld)
            #expect(log.lost == 0)
            #expect(log.file.trouble?.hasSuffix("No space left on device") == true)
            disk.remount(0, "size=256k")
            log.pump()
            #expect(!log.stream.isHeld)
            #expect(log.kept == Array(0..<900))
            #expect(log.file.trouble == nil)
        }
    }

    @Test("that has no inode left keeps the log growing, and rotates it later")
    func noInodes() async {
        await #expect(processExitsWith: .success) {
            let disk = try SmallDisk("size=1m,nr_inodes=3")
            let log = try PumpedStream(disk, maxBytes: 10_000, .dropNew)
            close(open("\(disk.path)/other", O_CREAT | O_WRONLY, 0o600))
            log.write(0..<300)
            #expect(log.kept == Array(0..<300))
            #expect(log.lost == 0)
            #expect(log.file.trouble?.contains("No space left on device") == true)
            unlink("\(disk.path)/other")
            let later = log.now.advanced(by: .seconds(2))
            #expect(log.file.append(Array("end\n".utf8)[...], at: later) == 0)
            #expect(text(log.file.path) == "end\n")
            #expect(log.file.trouble == nil)
        }
    }

    @Test("that has become read-only loses new output, counted, and goes on when it is mended")
    func readOnly() async {
        await #expect(processExitsWith: .success) {
            let disk = try SmallDisk("size=64k")
            disk.remount(1)
            let log = try PumpedStream(disk, .dropOld)
            log.write(0..<10)
            #expect(log.file.trouble?.hasSuffix("Read-only file system") == true)
            #expect(log.lost == 1000)
            disk.remount(0)
            log.write(10..<20)
            #expect(log.kept == Array(10..<20))
            #expect(log.file.trouble == nil)
        }
    }
}

@Suite("A limit on the size of files", .timeLimit(.minutes(10)))
struct FileSizeLimitTests {
    @Test("has the log rotated before its own limit, and drops nothing")
    func rotates() async {
        await #expect(processExitsWith: .success) {
            holdBackWriteSignals()
            var limit = rlimit(rlim_cur: 5_000, rlim_max: 5_000)
            setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
            let directory = try TemporaryDirectory()
            let now = Instant(nanoseconds: 1)
            let settings = LogFileSettings(path: directory("x.log"), maxBytes: 9_000, backups: 9)
            let file = RotatingFile(settings, at: now)
            for number in 0..<150 {
                let line = PumpedStream.line(number)
                #expect(file.append(Array(line.utf8)[...], at: now) == 0)
            }
            #expect(contents(directory("x.log.1")).count == 5_000)
            #expect(directory.names().count == 3)
        }
    }
}
