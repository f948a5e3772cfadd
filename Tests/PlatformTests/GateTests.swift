// SPDX-License-Identifier: Apache-2.0

import Glibc
import Platform
import Supervision
import Testing

extension KernelTests {
    @Suite("A gated child", .timeLimit(.minutes(10)))
    struct GateTests {
        private let gated = Spawner.Options(isGated: true)

        /// Whether a process has not executed since it was cloned (PF_FORKNOEXEC).
        private func hasNotExecuted(_ pid: Int32) -> Bool {
            let fields = contents("/proc/\(pid)/stat").split(separator: ")").last ?? ""
            let words = fields.split(separator: " ")
            return words.count > 6 && (Int(words[6]) ?? 0) & 0x40 != 0
        }

        @Test("executes when it is let go, and not before")
        func waits() throws {
            let program = try shell("exit 3")
            let child = try Spawner().spawn(
                program,
                output: .null,
                error: .null,
                options: gated
            )
            let pid = child.pid
            // It waits for the gate where it has its session and its descriptors.
            try eventually("its standard input") {
                contents("/proc/\(pid)/stat").split(separator: " ").dropFirst(5).first == "\(pid)"
                    && contents("/proc/\(pid)/wchan") != "0"
            }
            #expect(SpawnReport.read(child.report, of: program) == .pending)
            #expect(hasNotExecuted(pid))
            let report = child.letGo()
            #expect(waitFor(pid) == 3 << 8)
            #expect(SpawnReport.read(report, of: program) == .executed)
        }

        @Test("ends without having executed when its gate is closed")
        func ends() throws {
            let folder = Folder()
            let program = try shell("touch \(folder.path)/ran")
            let child = try Spawner().spawn(
                program,
                output: .null,
                error: .null,
                options: gated
            )
            let pid = child.pid
            let report = child.takeReport()
            #expect(waitFor(pid) == SpawnedChild.neverExecuted << 8)
            #expect(access("\(folder.path)/ran", F_OK) != 0)
            guard case .failed(let failure) = SpawnReport.read(report, of: program) else {
                Issue.record("it did not execute")
                return
            }
            #expect(!failure.isPermanent)
        }

        @Test("keeps its program for as long as it waits")
        func keepsProgram() throws {
            // No one else has the program, and to let go of it is to wait for the child.
            let spawner = try Spawner()
            let options = Spawner.Options(isGated: true)
            let child = try spawner.spawn(
                shell("exit 5"),
                output: .null,
                error: .null,
                options: options
            )
            let pid = child.pid
            _ = child.letGo()
            #expect(waitFor(pid) == 5 << 8)
            let dropped = try spawner.spawn(
                shell("exit 5"),
                output: .null,
                error: .null,
                options: options
            )
            let other = dropped.pid
            _ = consume dropped
            #expect(waitFor(other) == SpawnedChild.neverExecuted << 8)
        }

        @Test("that has died is let go without harm")
        func died() throws {
            signal(SIGPIPE, SIG_DFL)
            let program = try shell("true")
            let child = try Spawner().spawn(
                program,
                output: .null,
                error: .null,
                options: gated
            )
            let pid = child.pid
            kill(pid, SIGKILL)
            #expect(waitFor(pid) == SIGKILL)
            let report = child.letGo()
            #expect(SpawnReport.read(report, of: program) != .executed)
        }

        @Test(
            "ends as one that was not let go when nobody reads its report any more",
            arguments: ["/", "/nope"]
        )
        func nobodyReads(_ directory: String) async {
            // In a process of its own: a child that another test makes has the report open as well
            // until it executes.
            await #expect(processExitsWith: .success) { [directory] in
                let folder = Folder()
                let program = try shell("touch \(folder.path)/ran", directory: directory)
                let child = try Spawner().spawn(
                    program,
                    output: .null,
                    error: .null,
                    options: Spawner.Options(isGated: true)
                )
                let pid = child.pid
                // Its maker dies when it has let it go, and before it gets on.
                var status: Int32 = 0
                kill(pid, SIGSTOP)
                try eventually("the stop") { waitpid(pid, &status, WNOHANG | WUNTRACED) == pid }
                _ = child.letGo()
                kill(pid, SIGCONT)
                #expect(waitFor(pid) == SpawnedChild.neverExecuted << 8)
                #expect(access("\(folder.path)/ran", F_OK) != 0)
            }
        }

        @Test("is a child of its maker's parent when asked for")
        func sibling() async throws {
            let folder = Folder()
            await #expect(processExitsWith: .success) { [path = folder.path as String] in
                let child = try Spawner().spawn(
                    shell("exec sleep 100"),
                    output: .null,
                    error: .null,
                    options: Spawner.Options(isSibling: true, isGated: true)
                )
                write([child.pid], to: path)
                _ = child.letGo()
            }
            let pid = try #require(pids(in: folder.path).first)
            try eventually("the exec") { contents("/proc/\(pid)/comm") == "sleep\n" }
            let parent = contents("/proc/\(pid)/status").split(separator: "\n").first {
                $0.hasPrefix("PPid:")
            }
            #expect(parent == "PPid:\t\(getpid())")
            kill(pid, SIGKILL)
            #expect(waitFor(pid) == SIGKILL)
        }

        @Test("ends as well as forty-nine others when its maker is killed")
        func makerIsKilled() async throws {
            let folder = Folder()
            await #expect(processExitsWith: .signal(SIGKILL)) { [path = folder.path as String] in
                let spawner = try Spawner()
                let program = try shell("touch \(path)/ran")
                var pids: [Int32] = []
                for _ in 0..<50 {
                    let child = try spawner.spawn(
                        program,
                        output: .null,
                        error: .null,
                        options: Spawner.Options(isSibling: true, isGated: true)
                    )
                    pids.append(child.pid)
                    keepOpen(child)
                }
                write(pids, to: path)
                kill(getpid(), SIGKILL)
            }
            let children = pids(in: folder.path)
            #expect(children.count == 50)
            for pid in children { #expect(waitFor(pid) == SpawnedChild.neverExecuted << 8) }
            #expect(access("\(folder.path)/ran", F_OK) != 0)
        }

        @Test("is born in the cgroup that it is given", .enabled(if: cgroupRoot != nil))
        func cgroup() throws {
            let root = try #require(cgroupRoot)
            let name = "swisord-test.\(getpid())"
            try #require(mkdir("\(root)/\(name)", 0o755) == 0)
            defer { rmdir("\(root)/\(name)") }
            let directory = OwnedDescriptor(
                owning: open("\(root)/\(name)", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            )
            for isGated in [true, false] {
                let program = try shell("exec sleep 100")
                let child = try Spawner().spawn(
                    program,
                    output: .null,
                    error: .null,
                    options: Spawner.Options(isGated: isGated, cgroup: directory.rawValue)
                )
                let (pid, isInCgroup) = (child.pid, child.isInCgroup)
                #expect(isInCgroup)
                let report = child.letGo()
                try eventually("the exec") {
                    SpawnReport.read(report, of: program) == .executed
                }
                #expect(contents("/proc/\(pid)/cgroup").contains("/\(name)\n"))
                kill(pid, SIGKILL)
                #expect(waitFor(pid) == SIGKILL)
            }
            #expect(Spawner.cgroupRefusal == nil)
        }

        @Test("is made without its cgroup when that is none")
        func noCgroup() throws {
            let directory = OwnedDescriptor(owning: open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC))
            let child = try Spawner().spawn(
                shell("exit 4"),
                output: .null,
                error: .null,
                options: Spawner.Options(cgroup: directory.rawValue)
            )
            let (pid, isInCgroup) = (child.pid, child.isInCgroup)
            #expect(!isInCgroup)
            _ = child.letGo()
            #expect(waitFor(pid) == 4 << 8)
        }
    }
}

/// Where cgroup v2 is mounted and can be written to.
private let cgroupRoot = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"].first {
    access("\($0)/cgroup.procs", W_OK) == 0
}

private func write(_ pids: [Int32], to folder: String) {
    guard let file = fopen("\(folder)/pids", "we") else { return }
    for pid in pids { fputs("\(pid)\n", file) }
    fclose(file)
}

private func pids(in folder: String) -> [Int32] {
    contents("\(folder)/pids").split(separator: "\n").compactMap { Int32($0) }
}

/// Keeps a child's gate open for as long as this process lives.
private func keepOpen(_ child: consuming SpawnedChild) {
    let memory = UnsafeMutablePointer<SpawnedChild>.allocate(capacity: 1)
    memory.initialize(to: child)
}
