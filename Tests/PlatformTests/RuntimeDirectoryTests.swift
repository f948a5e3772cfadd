// SPDX-License-Identifier: Apache-2.0

import Glibc
import Platform
import Testing

extension KernelTests {
    @Suite("A runtime directory", .timeLimit(.minutes(10)))
    struct RuntimeDirectoryTests {
        private func mode(_ path: String) -> mode_t {
            var status = stat()
            return stat(path, &status) == 0 ? status.st_mode & 0o7777 : 0
        }

        @Test("is made with its parents, and only its owner may enter")
        func makes() throws {
            let folder = Folder()
            let path = folder.path + "/a//b/run/"
            try RuntimeDirectory.prepare(path)
            #expect(mode(folder.path + "/a/b/run") == 0o700)
            #expect(mode(folder.path + "/a/b") & 0o700 == 0o700)
            // A second start finds it as it is.
            try RuntimeDirectory.prepare(path)
        }

        @Test("is refused when somebody may have prepared it")
        func refuses() throws {
            let folder = Folder()
            let real = folder.path + "/real"
            let link = folder.path + "/link"
            let file = folder.file("file", "")
            mkdir(real, 0o700)
            symlink(real, link)
            #expect(throws: DirectoryError.notADirectory(link)) {
                try RuntimeDirectory.prepare(link)
            }
            #expect(throws: DirectoryError.notADirectory(file)) {
                try RuntimeDirectory.prepare(file)
            }
            for wide: mode_t in [0o720, 0o702, 0o777] {
                chmod(real, wide)
                let error = #expect(throws: DirectoryError.self) {
                    try RuntimeDirectory.prepare(real)
                }
                #expect(
                    error?.description
                        == "\(real) may be written by others (mode 0\(String(wide, radix: 8)))"
                )
            }
            guard geteuid() == 0 else { return }
            chmod(real, 0o700)
            chown(real, 65534, 65534)
            let error = #expect(throws: DirectoryError.self) { try RuntimeDirectory.prepare(real) }
            #expect(error?.description == "\(real) belongs to user 65534, not to user 0")
        }

        @Test("below a file says what was in the way")
        func belowFile() {
            let folder = Folder()
            let file = folder.file("file", "")
            let error = #expect(throws: DirectoryError.self) {
                try RuntimeDirectory.prepare(file + "/run")
            }
            #expect(error?.description == "mkdir \(file)/run: Not a directory")
        }

        @Test("for logs is made if missing and may be a link")
        func ensures() throws {
            let folder = Folder()
            let path = folder.path + "/var/log"
            try RuntimeDirectory.ensureDirectory(path, mode: 0o750)
            #expect(mode(path) == 0o750)
            let link = folder.path + "/link"
            symlink(path, link)
            try RuntimeDirectory.ensureDirectory(link)
            let file = folder.file("file", "")
            #expect(throws: DirectoryError.notADirectory(file)) {
                try RuntimeDirectory.ensureDirectory(file)
            }
        }
    }
}
