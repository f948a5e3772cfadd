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

    @Test("are read to where the last run ended, though the next one writes before that is done")
    func end() throws {
        let core = try Mailbox<CoreMessage>(capacity: 100)
        let logs = try LogThreads { core.post(.log($0)) }
        let path = "/tmp/swisord-outlets-\(getpid())"
        defer { unlink(path) }
        let store = StateStore(file: try StateFile.create(path, boot: BootID.current()), link: nil)
        var outlets = Outlets(
            logs: logs,
            store: store,
            core: core,
            directory: "/tmp",
            activityPath: nil
        )
        var process = ProcessConfiguration(
            name: ProcessName(group: "p", process: "p"),
            program: "p",
            arguments: ["p"],
            origin: Origin(Mark(file: "", line: 0, column: 0))
        )
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
