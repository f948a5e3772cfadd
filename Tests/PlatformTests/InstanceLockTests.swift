// SPDX-License-Identifier: Apache-2.0

import Glibc
import Platform
import SystemPackage
import Testing

extension KernelTests {
    @Suite("An instance lock", .timeLimit(.minutes(10)))
    struct InstanceLockTests {
        private func failure(_ path: String) -> InstanceLock.Failure? {
            do {
                _ = try InstanceLock(path: path)
                return nil
            } catch {
                return error
            }
        }

        @Test("is refused to a second holder, who learns the pid of the first")
        func excludes() throws {
            let folder = Folder()
            let path = folder.path + "/lock"
            let lock = try InstanceLock(path: path)
            #expect(contents(path) == "\(getpid())\n")
            #expect(failure(path) == .held(path: path, by: getpid()))
            #expect(failure(path)?.description == "\(path) is held by pid \(getpid())")
            // The refused one changed nothing.
            #expect(contents(path) == "\(getpid())\n")
            _ = consume lock
            try eventually("the lock to be free") { failure(path) == nil }
        }

        @Test("is taken over a file that a dead holder left")
        func takesStale() throws {
            let folder = Folder()
            let path = folder.file("lock", "999999999999\nrubbish")
            let lock = try InstanceLock(path: path)
            #expect(contents(path) == "\(getpid())\n")
            _ = consume lock
        }

        @Test("is private from birth")
        func isPrivate() throws {
            let folder = Folder()
            let path = folder.path + "/lock"
            let lock = try InstanceLock(path: path)
            var status = stat()
            stat(path, &status)
            #expect(status.st_mode & 0o777 == 0o600)
            _ = consume lock
        }

        @Test("follows no link, takes no FIFO and no foreign file")
        func refusesOthers() throws {
            let folder = Folder()
            let victim = folder.file("victim", "precious")
            let link = folder.path + "/link"
            symlink(victim, link)
            #expect(
                failure(link)
                    == .system(SystemError("open", link, errno: .tooManySymbolicLinkLevels))
            )
            #expect(contents(victim) == "precious")
            let fifo = folder.path + "/fifo"
            mkfifo(fifo, 0o600)
            #expect(failure(fifo) == .notAFile(path: fifo))
            if geteuid() == 0 {
                chown(victim, 65534, 65534)
                #expect(failure(victim) == .notAFile(path: victim))
                #expect(contents(victim) == "precious")
            }
        }
    }

    @Suite("A pid file", .timeLimit(.minutes(10)))
    struct PidFileTests {
        @Test("holds this pid and goes with it, and no draft is left")
        func writes() throws {
            let folder = Folder()
            let file = PidFile(path: folder.path + "/pid", pid: getpid())
            try file.write()
            try file.write()
            #expect(contents(file.path) == "\(getpid())\n")
            #expect(rmdir(folder.path) == -1)
            file.remove()
            #expect(rmdir(folder.path) == 0, "something was left")
        }

        @Test("of another process is left alone")
        func leavesOthers() {
            let folder = Folder()
            let file = PidFile(path: folder.file("pid", "1\n"), pid: getpid())
            file.remove()
            #expect(contents(file.path) == "1\n")
        }

        @Test("replaces a link instead of writing through it")
        func replacesLinks() throws {
            let folder = Folder()
            let victim = folder.file("victim", "precious")
            let file = PidFile(path: folder.path + "/pid", pid: getpid())
            symlink(victim, file.path)
            try file.write()
            #expect(contents(victim) == "precious")
            #expect(contents(file.path) == "\(getpid())\n")
        }

        @Test("that cannot be written says why")
        func fails() {
            let file = PidFile(path: "/nope/pid", pid: getpid())
            let error = #expect(throws: SystemError.self) { try file.write() }
            #expect(error?.errno == .noSuchFileOrDirectory)
        }
    }
}
