// SPDX-License-Identifier: Apache-2.0

import Glibc
import Platform
import Supervision
import SystemPackage
import Testing

@testable import Logs

/// A directory of a user in which root is to write a log, and what of root's that user is after.
private final class HostileHome {
    static let user = LogFileSettings.Owner(user: 65534, group: 65534)

    private let directory: TemporaryDirectory
    let home: String
    let victim: String
    let vault: String
    var logs: String { home + "/d" }
    var settings: LogFileSettings {
        LogFileSettings(path: logs + "/x.log", maxBytes: 100, backups: 3, owner: Self.user)
    }

    init() throws {
        directory = try TemporaryDirectory()
        chmod(directory.path, 0o755)
        (home, victim, vault) = (directory("home"), directory("victim"), directory("vault"))
        Self.put("secret\n", in: victim)
        mkdir(vault, 0o700)
        for name in ["x.log", "x.log.1", "x.log.3"] { Self.put("kept\n", in: "\(vault)/\(name)") }
        mkdir(home, 0o755)
        mkdir(home + "/d", 0o755)
        for path in [home, home + "/d"] { chown(path, 65534, 65534) }
    }

    static func put(_ text: String, in path: String) {
        let number = open(path, O_CREAT | O_WRONLY | O_EXCL, 0o600)
        _ = text.withCString { write(number, $0, strlen($0)) }
        close(number)
    }

    /// Whether all that is root's is as it was.
    var isUnharmed: Bool {
        let status = try? FileStatus(path: victim)
        return text(victim) == "secret\n" && status?.mode == 0o600 && status?.owner.user == 0
            && directory.names(vault) == ["x.log", "x.log.1", "x.log.3"]
            && directory.names(vault).allSatisfy { text("\(vault)/\($0)") == "kept\n" }
    }

    func append(_ text: String) -> (lost: Int, trouble: String?) {
        let now = Instant(nanoseconds: 1)
        let file = RotatingFile(settings, at: now)
        return (file.append(Array(text.utf8)[...], at: now), file.trouble)
    }
}

@Suite(
    "A log of root's in a directory of others",
    .enabled("needs root", { geteuid() == 0 }),
    .timeLimit(.minutes(10))
)
struct HostileDirectoryTests {
    private let place: HostileHome

    init() throws {
        place = try HostileHome()
    }

    @Test("is made as the program's user, and for him")
    func asUser() throws {
        #expect(place.append("fine\n").lost == 0)
        let status = try FileStatus(path: place.settings.path)
        #expect(status.owner == HostileHome.user)
        #expect(status.mode & 0o137 == 0)
        // Root could write to it all the same, its owner cannot.
        chmod(place.logs, 0o555)
        unlink(place.settings.path)
        #expect(place.append("no\n").trouble?.hasSuffix("Permission denied") == true)
    }

    @Test("is refused where its name is a link, a pipe, a directory or a file of another's")
    func names() {
        let path = place.settings.path
        symlink(place.victim, path)
        #expect(place.append("harm\n").trouble?.contains("symbolic links") == true)
        unlink(path)
        link(place.victim, path)
        #expect(place.append("harm\n").lost == 5)
        unlink(path)
        mkfifo(path, 0o666)
        chown(path, 65534, 65534)
        #expect(place.append("harm\n").trouble?.hasSuffix("not a regular file") == true)
        unlink(path)
        mkdir(path, 0o777)
        #expect(place.append("harm\n").trouble?.hasSuffix("Is a directory") == true)
        rmdir(path)
        HostileHome.put("", in: path)
        chmod(path, 0o666)
        chown(path, 65533, 65533)
        #expect(
            place.append("harm\n").trouble?.hasSuffix("belongs to uid 65533, refused as root")
                == true
        )
        #expect(place.isUnharmed)
    }

    @Test("is refused where a link of others leads to its directory")
    func directory() {
        rename(place.logs, place.logs + "2")
        symlink(place.vault, place.logs)
        lchown(place.logs, 65534, 65534)
        #expect(
            place.append("harm\n").trouble
                == "open \(place.settings.path): a directory above is a symbolic link of others, "
                + "refused as root"
        )
        // Root's own link does not make it better where others may replace it.
        lchown(place.logs, 0, 0)
        #expect(place.append("harm\n").lost == 5)
        #expect(place.isUnharmed)
    }

    @Test("is looked at as closely where its name begins with an accent, one character with the /")
    func accent() {
        chown(place.home, 0, 0)
        let path = place.logs + "/\u{301}.log"
        HostileHome.put("", in: path)
        chmod(path, 0o666)
        chown(path, 65533, 65533)
        let now = Instant(nanoseconds: 1)
        let file = RotatingFile(LogFileSettings(path: path, owner: HostileHome.user), at: now)
        #expect(file.append(Array("harm\n".utf8)[...], at: now) == 5)
        #expect(file.trouble == "open \(path): belongs to uid 65533, refused as root")
        unlink(path)
        file.prepare(at: now)
        #expect(file.append(Array("fine\n".utf8)[...], at: now) == 0)
        #expect(text(path) == "fine\n")
        #expect((try? FileStatus(path: path))?.owner == HostileHome.user)
    }

    @Test("follows links that only root can have made")
    func rootsLinks() throws {
        let directory = try TemporaryDirectory()
        mkdir(directory("real"), 0o755)
        mkdir(directory("real/sub"), 0o755)
        symlink("real", directory("link"))
        symlink("../link/sub", directory("real/again"))
        let settings = LogFileSettings(path: directory("link/again/x.log"))
        let now = Instant(nanoseconds: 1)
        let file = RotatingFile(settings, at: now)
        #expect(file.append(Array("fine\n".utf8)[...], at: now) == 0)
        #expect(text(directory("real/sub/x.log")) == "fine\n")
        symlink("loop", directory("loop"))
        let loop = RotatingFile(LogFileSettings(path: directory("loop/x.log")), at: now)
        #expect(loop.trouble != nil)
    }

    @Test("harms nobody while its names and its directory are swapped ten thousand times")
    func swaps() throws {
        let swapper = Swapper(place.home, victim: place.victim, vault: place.vault)
        let isOver = Box(false)
        let thread = try Platform.Thread(name: "swapper") {
            try? DirectoryAccess.act(asUser: 65534, group: 65534) { () throws(Errno) in
                for seed in 0..<10_000 { swapper.swap(UInt64(seed)) }
                swapper.tidy()
            }
            isOver.set(true)
        }
        var time: Int64 = 1
        let file = RotatingFile(place.settings, at: Instant(nanoseconds: time))
        let line = Array("a line of the program, as long as most\n".utf8)
        while !isOver.value {
            // So late each time that every look is due.
            time += 2_000_000_000
            file.prepare(at: Instant(nanoseconds: time))
            _ = file.append(line[...], at: Instant(nanoseconds: time))
        }
        thread.join()
        #expect(place.isUnharmed)
        time += 2_000_000_000
        file.prepare(at: Instant(nanoseconds: time))
        #expect(file.append(line[...], at: Instant(nanoseconds: time)) == 0)
        #expect(text(place.settings.path).hasSuffix("as long as most\n"))
    }
}

/// What a user does to lead root astray; all of it in his own home.
private struct Swapper: Sendable {
    let home: String
    let victim: String
    let vault: String

    init(_ home: String, victim: String, vault: String) {
        (self.home, self.victim, self.vault) = (home, victim, vault)
    }

    func swap(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let names = ["x.log", "x.log.1", "x.log.2", "x.log.3", ".x.log.swisord"]
        let path = "\(home)/d/\(names.randomElement(using: &random) ?? "")"
        switch Int.random(in: 0..<8, using: &random) {
        case 0: replace(path) { symlink(victim, $0) }
        case 1: replace(path) { link(victim, $0) }
        case 2: replace(path) { mkfifo($0, 0o666) }
        case 3: replace(path) { mkdir($0, 0o777) }
        case 4:
            rename("\(home)/d", "\(home)/e")
            symlink(vault, "\(home)/d")
            unlink("\(home)/d")
            rename("\(home)/e", "\(home)/d")
        case 5: replace(path) { symlink("\(vault)/x.log.1", $0) }
        case 6: replace(path) { rename("\(home)/d/x.log", $0) }
        default: remove(path)
        }
    }

    private func replace(_ path: String, _ make: (String) -> Int32) {
        remove(path)
        _ = make(path)
    }

    private func remove(_ path: String) {
        if unlink(path) != 0 { rmdir(path) }
    }

    func tidy() {
        for name in ["x.log", "x.log.1", "x.log.2", "x.log.3", ".x.log.swisord"] {
            remove("\(home)/d/\(name)")
        }
    }
}
