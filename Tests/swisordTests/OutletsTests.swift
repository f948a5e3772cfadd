// SPDX-License-Identifier: Apache-2.0

import Configuration
import Glibc
import Logs
import Platform
import Supervision
import Synchronization
import Testing
import YAML

@testable import swisord

@Suite("The outputs of a process that is taken back", .timeLimit(.minutes(10)))
struct OutletsTests {
    private let other = StreamID(MemberID(rawValue: 2), isError: false)

    private func writer(of reader: borrowing OwnedDescriptor) throws -> Int32 {
        let writer = open("/proc/self/fd/\(reader.rawValue)", O_RDWR | O_CLOEXEC)
        try #require(writer >= 0)
        return writer
    }

    private func write(_ text: String, to descriptor: Int32) {
        #expect(Glibc.write(descriptor, text, text.utf8.count) == text.utf8.count)
    }

    private func makeOutlets(_ core: Mailbox<CoreMessage>) throws -> Outlets {
        let path = "/tmp/swisord-outlets-\(getpid())-\(core.descriptor.rawValue)"
        defer { unlink(path) }
        return Outlets(
            logs: try LogThreads { core.post(.log($0)) },
            store: StateStore(
                file: try StateFile.create(path, boot: BootID.current()),
                link: nil
            ),
            core: core,
            directory: "/tmp",
            activityPath: nil
        )
    }

    private func makeProcess() -> ProcessConfiguration {
        ProcessConfiguration(
            name: ProcessName(group: "p", process: "p"),
            program: "p",
            arguments: ["p"],
            origin: Origin(Mark(file: "", line: 0, column: 0))
        )
    }

    @Test("are read before the next run, which writes one of them through the other pipe")
    func joined() throws {
        let core = try Mailbox<CoreMessage>(capacity: 100)
        var outlets = try makeOutlets(core)
        var process = makeProcess()
        let path = "/tmp/swisord-joined-\(getpid())"
        defer { unlink(path) }
        process.stdout = LogSettings(destination: .file(path))
        process.stderr = .log(LogSettings(destination: .inherit))
        let child = outlets.open(MemberID(rawValue: 1), process, nil)
        process.stderr = .redirected
        child.adopt(process, credentials: nil)
        outlets.retarget(child)
        guard case .pipe(let errors) = child.stderr.channel else {
            Issue.record("there is no pipe")
            return
        }
        let end = open("/proc/self/fd/\(errors.number)", O_RDWR | O_CLOEXEC)
        try #require(end >= 0)
        write("last\n", to: end)
        var unread = outlets.finish(child, at: MonotonicClock.now())
        #expect(unread.count == 1)
        let isRead = eventually {
            for case .log(.drained(let token)) in core.takeAll() { unread.remove(token) }
            return unread.isEmpty
        }
        #expect(isRead)
        #expect(try SmallFile.read(path, limit: 100) == "last\n")
        close(end)
        outlets.logs.post(.shutdown)
        outlets.logs.join()
    }

    @Test("are said to write to new files when all of them do")
    func reopened() throws {
        let core = try Mailbox<CoreMessage>(capacity: 100)
        var outlets = try makeOutlets(core)
        let isFree = Atomic<Bool>(false)
        let isHeld = Atomic<Bool>(false)
        let gate = try OutputPipe.makeReader()
        let opener = try writer(of: gate)
        outlets.logs.post(.attach(other, reader: gate.release(), .discard))
        outlets.logs.post(
            .follow(FollowerID(rawValue: 1), other, .last(0)) { update in
                guard case .bytes = update else { return }
                isHeld.store(true, ordering: .relaxed)
                while !isFree.load(ordering: .relaxed) {}
            }
        )
        write("x", to: opener)
        #expect(eventually { isHeld.load(ordering: .relaxed) })
        var (answers, isDone) = (0, false)
        outlets.reopen { isDone = true }
        func hear() {
            for case .log(.drained(let token)) in core.takeAll() {
                answers += 1
                outlets.hasReopened(token)?()
            }
        }
        // The thread of the activity log is not held up.
        let isFirst = eventually {
            hear()
            return answers == 1
        }
        #expect(isFirst)
        #expect(!isDone)
        isFree.store(true, ordering: .relaxed)
        let isLast = eventually {
            hear()
            return isDone
        }
        #expect(isLast)
        #expect(answers == 2)
        close(opener)
        outlets.logs.post(.shutdown)
        outlets.logs.join()
    }

    @Test("are read to where the last run ended, though the next one writes before that is done")
    func end() throws {
        let core = try Mailbox<CoreMessage>(capacity: 100)
        var outlets = try makeOutlets(core)
        let logs = outlets.logs
        var process = makeProcess()
        process.stdout.hasEvents = true
        process.stdout.stripsEscapes = true

        // The log thread has something else to do meanwhile.
        let isFree = Mutex(false)
        let gate = try OutputPipe.makeReader()
        let opener = try writer(of: gate)
        let isHeld = Atomic<Bool>(false)
        logs.post(.attach(other, reader: gate.release(), .discard))
        logs.post(
            .follow(FollowerID(rawValue: 1), other, .last(0)) { update in
                guard case .bytes = update else { return }
                isHeld.store(true, ordering: .relaxed)
                while !isFree.withLock({ $0 }) {}
            }
        )
        write("x", to: opener)
        #expect(eventually { isHeld.load(ordering: .relaxed) })

        let child = outlets.child(MemberID(rawValue: 1), process, nil)
        let reader = try OutputPipe.makeReader()
        let end = try writer(of: reader)
        write("last\u{1B}[7", to: end)
        let number = reader.release()
        outlets.reattach(child, nil) { isError in
            var readers = KeptReaders()
            if !isError { readers.present = OwnedDescriptor(owning: number) }
            return readers
        }
        // With what stands before it this would be a sequence, and vanish.
        write("<!--X first\n", to: end)
        isFree.withLock { $0 = true }

        var heard: [UInt8] = []
        let isAll = eventually {
            for case .said(_, .output(let bytes, _), _) in core.takeAll() { heard += bytes }
            return heard.last == UInt8(ascii: "\n")
        }
        #expect(isAll)
        #expect(String(decoding: heard, as: UTF8.self) == "last\u{1B}[7<!--X first\n")
        close(opener)
        close(end)
        logs.post(.shutdown)
        logs.join()
    }
}
