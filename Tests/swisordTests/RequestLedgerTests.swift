// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import Glibc
import Platform
import Supervision
import Synchronization
import Testing

@testable import swisord

@Suite("The ledger of requests with a key")
final class RequestLedgerTests {
    private let path: String

    init() {
        path = "/tmp/swisord-ledger-\(getpid())-\(UInt64.random(in: 0 ... .max))"
    }

    deinit {
        unlink(path)
    }

    /// Answers that came.
    private final class Post: Sendable {
        private let letters = Mutex<[Response]>([])
        var all: [Response] { letters.withLock { $0 } }
        func reply(_ response: Response) { letters.withLock { $0.append(response) } }
    }

    /// A ledger that can be asked within an expectation.
    private final class Book {
        var ledger: RequestLedger

        init(_ path: String) { ledger = RequestLedger(RequestFile(path: path)) }

        func send(_ key: RequestKey, _ verb: String, _ post: Post = Post()) -> Bool {
            ledger.begin(key, verb) { post.reply($0) }
        }

        func load() -> [RequestLedger.Unfinished] { ledger.load() }

        func settle(_ key: RequestKey, _ response: Response) { ledger.settle(key, response) }
    }

    private func book() -> Book { Book(path) }

    private func report(_ count: Int = 1) -> Response {
        let result = CommandResult(name: "a", group: "g", action: .started)
        return .command(CommandReport(results: Array(repeating: result, count: count)))
    }

    @Test("has a request carried out once, and answers all who send it")
    func once() {
        let ledger = book()
        let (post, key) = (Post(), RequestKey.random())
        #expect(ledger.send(key, "restart", post))
        #expect(!ledger.send(key, "restart", post))
        #expect(post.all.isEmpty)
        ledger.settle(key, report())
        #expect(post.all == [report(), report()])
        #expect(!ledger.send(key, "restart", post))
        #expect(post.all.count == 3)
        ledger.settle(key, .failure(.unknownOutcome))
        #expect(post.all.count == 3, "there is one answer")
        #expect(ledger.send(.random(), "restart", post), "another key is another request")
    }

    @Test("gives the same answer after the manager has died", arguments: [1, 30, 500])
    func answered(results: Int) {
        let key = RequestKey.random()
        let first = book()
        #expect(first.send(key, "start"))
        first.settle(key, report(results))
        let second = book()
        let post = Post()
        #expect(second.load().isEmpty)
        #expect(!second.send(key, "start", post))
        #expect(post.all == [report(results)])
    }

    @Test("tells what was open when the manager died, as it was noted last")
    func unfinished() throws {
        let key = RequestKey.random()
        let name = ProcessName(group: "g", process: String(repeating: "p", count: 200))
        let few = [CommandOutcome(name, .started)]
        let many = Array(repeating: few[0], count: 60)
        let first = book()
        #expect(first.send(key, "start"))
        let other = book()
        let begun = other.load()
        #expect(begun.map(\.progress) == [.begun] && begun.map(\.key) == [key])
        for outcomes in [few, many, few, many + few] {
            first.ledger.note(.waiting([], outcomes), of: key)
            let other = book()
            let found = other.load()
            #expect(found.map(\.progress) == [.waiting([], outcomes)])
            #expect(found.map(\.verb) == ["start"])
        }
        let later = book()
        _ = later.load()
        let post = Post()
        #expect(!later.send(key, "start", post), "it is not begun again")
        later.settle(key, report())
        #expect(post.all == [report()])
    }

    @Test("forgets the oldest answers, and nothing that is open")
    func memory() {
        let first = book()
        let open = RequestKey.random()
        #expect(first.send(open, "start"))
        let keys = (0..<(RequestLedger.memory + 5)).map { _ in RequestKey.random() }
        for key in keys {
            #expect(first.send(key, "stop"))
            first.settle(key, report())
        }
        let next = book()
        _ = next.load()
        for ledger in [first, next] {
            #expect(!ledger.send(open, "start"))
            #expect(!ledger.send(keys[5], "stop"))
            #expect(!ledger.send(keys.last!, "stop"))
        }
        #expect(first.send(keys[4], "stop"))
    }

    @Test("goes on without a file, and says that it has none")
    func withoutFile() {
        let ledger = Book("/nonexistent/requests")
        let (post, key) = (Post(), RequestKey.random())
        #expect(ledger.ledger.trouble?.contains("/nonexistent/requests") == true)
        #expect(ledger.send(key, "stop", post))
        ledger.settle(key, report())
        #expect(!ledger.send(key, "stop", post))
        #expect(post.all == [report(), report()])
    }

    @Test("remembers what came of the last upgrade")
    func upgrade() {
        let first = book()
        var upgrade = DaemonInfo.Upgrade(from: "1", to: "", programs: 3, at: 1.5)
        first.ledger.lastUpgrade = upgrade
        upgrade.to = "2"
        first.ledger.lastUpgrade = upgrade
        let second = book()
        #expect(second.load().isEmpty)
        #expect(second.ledger.lastUpgrade == upgrade)
        second.ledger.lastUpgrade = nil
        let third = book()
        #expect(third.load().isEmpty && third.ledger.lastUpgrade == nil)
    }
}
