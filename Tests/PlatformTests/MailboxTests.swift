// SPDX-License-Identifier: Apache-2.0

import Glibc
import Platform
import Synchronization
import Testing

@Suite("A mailbox", .timeLimit(.minutes(10)))
struct MailboxTests {
    private func isReadable(_ box: Mailbox<Int>) -> Bool {
        var entry = pollfd(fd: box.descriptor.rawValue, events: Int16(POLLIN), revents: 0)
        return poll(&entry, 1, 0) == 1
    }

    @Test("gives everything in the order in which it came, and wakes its owner until then")
    func delivers() throws {
        let box = try Mailbox<Int>(capacity: 3)
        #expect(!isReadable(box))
        #expect(box.takeAll().isEmpty)
        box.post(1)
        box.post(2)
        #expect(isReadable(box))
        #expect(box.takeAll() == [1, 2])
        #expect(!isReadable(box))
        box.post(3)
        #expect(isReadable(box))
    }

    @Test("refuses and counts what it has no room for")
    func refuses() throws {
        let box = try Mailbox<Int>(capacity: 2)
        #expect(box.post(1))
        #expect(box.post(2))
        #expect(!box.post(3))
        #expect(box.refusedCount == 1)
        #expect(box.takeAll() == [1, 2])
        #expect(box.post(4))
    }

    @Test("loses nothing between threads, and always wakes")
    func crosses() throws {
        let box = try Mailbox<Int>(capacity: 100_000)
        let first = try Thread(name: "first") { for number in 0..<20_000 { box.post(number) } }
        let second = try Thread(name: "second") {
            for number in 20_000..<40_000 { box.post(number) }
        }
        var reactor = try Reactor()
        try reactor.add(box.descriptor, token: 1)
        var seen: [Int] = []
        while seen.count < 40_000 {
            var events: [Reactor.Event] = []
            try reactor.wait(timeout: .seconds(20), into: &events)
            try #require(!events.isEmpty, "nobody woke the owner")
            seen += box.takeAll()
        }
        first.join()
        second.join()
        #expect(seen.filter { $0 < 20_000 } == Array(0..<20_000))
        #expect(seen.filter { $0 >= 20_000 } == Array(20_000..<40_000))
    }
}

@Suite("A thread", .timeLimit(.minutes(10)))
struct ThreadTests {
    @Test("has run to its end when it is joined, and carries its name")
    func runs() throws {
        let name = Mutex("")
        let thread = try Thread(name: "a-name-that-is-too-long") {
            let text = contents("/proc/thread-self/comm")
            name.withLock { $0 = text }
        }
        thread.join()
        // The name is given by the starter, who may be later than the thread's first step.
        #expect(!name.withLock { $0 }.isEmpty)
    }

    @Test("that is not joined runs on by itself")
    func detaches() throws {
        let box = try Mailbox<Int>(capacity: 1)
        do {
            _ = try Thread(name: "loner") { box.post(1) }
        }
        try eventually("its work") { !box.takeAll().isEmpty }
    }
}
