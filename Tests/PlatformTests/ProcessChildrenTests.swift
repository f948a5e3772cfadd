// SPDX-License-Identifier: Apache-2.0

import Glibc
import Platform
import Testing

extension KernelTests {
    @Suite("The children of a process")
    struct ProcessChildrenTests {
        @Test("are those that its main thread has made, while they are not collected")
        func own() throws {
            // Not this process: others of its tests make children meanwhile.
            let parent = try Spawner().spawn(
                shell("sleep 1000 & sleep 1000 & wait"),
                output: .null,
                error: .null
            )
            let pid = parent.pid
            _ = parent.letGo()
            guard access("/proc/\(pid)/task/\(pid)/children", F_OK) == 0 else {
                #expect(ProcessChildren.of(pid) == nil)
                kill(-pid, SIGKILL)
                _ = waitFor(pid)
                return
            }
            var children: [Int32] = []
            try eventually("two children") {
                children = ProcessChildren.of(pid) ?? []
                return children.count == 2
            }
            for child in children { #expect(ProcessStat.read(child)?.parent == pid) }
            kill(-pid, SIGKILL)
            #expect(waitFor(pid) == SIGKILL)
            #expect(ProcessChildren.of(pid) == nil)
        }

        @Test("are read from one file, and unknown where there is none")
        func file() {
            let folder = Folder()
            for path in ["7", "7/task", "7/task/7"] { mkdir("\(folder.path)/\(path)", 0o755) }
            #expect(ProcessChildren.of(7, below: folder.path) == nil)
            _ = folder.file("7/task/7/children", "12 3456 ")
            #expect(ProcessChildren.of(7, below: folder.path) == [12, 3456])
            _ = folder.file("7/task/7/children", "")
            #expect(ProcessChildren.of(7, below: folder.path) == [])
        }
    }
}
