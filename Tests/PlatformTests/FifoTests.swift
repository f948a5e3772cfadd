// SPDX-License-Identifier: Apache-2.0

import Glibc
import Platform
import Supervision
import SystemPackage
import Testing

extension KernelTests {
    @Suite("A FIFO for output", .timeLimit(.minutes(10)))
    struct FifoTests {
        private func output(of script: String, as user: Credentials? = nil) throws -> String {
            let folder = Folder()
            let path = folder.path + "/fifo"
            let reader = try Fifo.make(path, owner: user)
            let program = try shell(script, credentials: user)
            let child = try Spawner().spawn(
                program,
                output: .fifo(path, PipeTurn(try Bell())),
                error: .sameAsStdout
            )
            #expect(waitFor(child.pid) == 0)
            return drain(reader.rawValue)
        }

        @Test("carries what a program writes, and its end is no end of file")
        func carries() throws {
            #expect(try output(of: "echo out; echo err >&2") == "out\nerr\n")
            let folder = Folder()
            let reader = try Fifo.make(folder.path + "/fifo")
            var byte: UInt8 = 0
            #expect(read(reader.rawValue, &byte, 1) == -1 && errno == EAGAIN)
        }

        @Test("may be opened again by a program's user, as /dev/stdout")
        func reopens() throws {
            let user = geteuid() == 0 ? nobody : nil
            let script = "echo again > /proc/self/fd/1; echo more > /proc/self/fd/2"
            #expect(try output(of: script, as: user) == "again\nmore\n")
        }

        @Test("belongs to the program's user alone, whatever the umask")
        func owner() async {
            await #expect(processExitsWith: .success) {
                umask(0o077)
                let folder = Folder()
                let path = folder.path + "/fifo"
                let user = geteuid() == 0 ? nobody : nil
                let reader = try Fifo.make(path, owner: user, mode: 0o620)
                var status = stat()
                lstat(path, &status)
                #expect(status.st_mode == S_IFIFO | 0o620)
                #expect(status.st_uid == user?.uid ?? geteuid())
                _ = consume reader
            }
        }

        @Test("replaces one that a dead daemon left, and shares it with nobody")
        func replaces() throws {
            let folder = Folder()
            let path = folder.path + "/fifo"
            let old = try Fifo.make(path)
            let new = try Fifo.make(path)
            let writer = OwnedDescriptor(owning: open(path, O_WRONLY | O_NONBLOCK))
            #expect(write(writer.rawValue, "x", 1) == 1)
            #expect(drain(old.rawValue).isEmpty)
            #expect(drain(new.rawValue) == "x")
        }

        @Test("replaces nothing else")
        func leavesOthers() throws {
            let folder = Folder()
            let file = folder.file("file", "precious")
            let link = folder.path + "/link"
            symlink(file, link)
            for path in [file, link] {
                #expect(throws: SystemError("mkfifo", path, errno: .fileExists)) {
                    _ = try Fifo.make(path)
                }
            }
            #expect(contents(file) == "precious")
            #expect(throws: SystemError("open", file, errno: .fileExists)) {
                _ = try Fifo.openReader(file)
            }
        }
    }
}
