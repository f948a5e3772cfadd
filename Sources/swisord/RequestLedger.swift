// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import Platform
import Supervision

/// The requests that came with a key: what is open, who waits, and what the last were answered.
///
/// It is on file before anything of a request is done and before its answer leaves, so that a
/// repeat gets that answer, over the death of the manager too. What cannot be known is answered
/// with that, and never done a second time.
struct RequestLedger {
    typealias Reply = PendingReplies.Reply

    /// So many answers are remembered.
    static let memory = 64

    private struct Entry {
        let verb: String
        /// Nil while it is open.
        var answer: Response?
        var waiting: [Reply] = []
        var record: RequestFile.Record
    }

    private var entries: [RequestKey: Entry] = [:]
    /// Those with an answer, the oldest first.
    private var answered: [RequestKey] = []
    private var upgrade: DaemonInfo.Upgrade?
    private var upgradeRecord: RequestFile.Record?
    private let file: RequestFile

    /// What was open when the manager before this one died.
    struct Unfinished {
        let key: RequestKey
        let verb: String
        let progress: RequestRecord.Progress
    }

    init(_ file: RequestFile) {
        self.file = file
    }

    /// Takes up what an earlier manager has written, and answers what it left unfinished.
    mutating func load() -> [Unfinished] {
        var unfinished: [Unfinished] = []
        for (record, content) in file.load() {
            let key = RequestKey(high: content.high, low: content.low)
            var entry = Entry(verb: content.verb, record: record)
            switch content.progress {
            case .answered(let bytes) where content.verb == Self.upgradeVerb:
                upgrade = try? JSONCoding.decode(DaemonInfo.Upgrade.self, from: bytes)
                upgradeRecord = record
                continue
            case .answered(let bytes):
                let answer = HTTPAnswer(status: 200, body: bytes)
                entry.answer = (try? answer.response()) ?? .failure(.unknownOutcome)
                answered.append(key)
            case .begun, .waiting:
                unfinished.append(
                    Unfinished(key: key, verb: content.verb, progress: content.progress)
                )
            }
            entries[key] = entry
        }
        return unfinished
    }

    /// Takes a request in.
    ///
    /// - Returns: Whether it is to be carried out; else it is known, and `reply` gets the answer
    ///   of the first time.
    mutating func begin(_ key: RequestKey, _ verb: String, _ reply: @escaping Reply) -> Bool {
        guard let known = entries[key] else {
            var entry = Entry(verb: verb, waiting: [reply], record: file.make())
            file.write(Self.content(key, verb, .begun), to: &entry.record)
            entries[key] = entry
            return true
        }
        if let answer = known.answer {
            reply(answer)
        } else {
            entries[key]?.waiting.append(reply)
        }
        return false
    }

    /// Writes down how far a request has come.
    mutating func note(_ progress: RequestRecord.Progress, of key: RequestKey) {
        guard var entry = entries[key], entry.answer == nil else { return }
        file.write(Self.content(key, entry.verb, progress), to: &entry.record)
        entries[key] = entry
    }

    /// Remembers the answer, and gives it to all who wait for it.
    mutating func settle(_ key: RequestKey, _ response: Response) {
        guard var entry = entries[key], entry.answer == nil else { return }
        let body = HTTPAnswer(response, to: .request(.daemon)).body
        file.write(Self.content(key, entry.verb, .answered(body)), to: &entry.record)
        let waiting = entry.waiting
        entry.waiting = []
        entry.answer = response
        entries[key] = entry
        answered.append(key)
        if answered.count > Self.memory { forget(answered.removeFirst()) }
        for reply in waiting { reply(response) }
    }

    /// Forgets a request that may be carried out again without harm.
    mutating func forget(_ key: RequestKey) {
        if let entry = entries.removeValue(forKey: key) { file.erase(entry.record) }
    }

    /// What came of the last upgrade; before it is over, what is to come of it.
    var lastUpgrade: DaemonInfo.Upgrade? {
        get { upgrade }
        set {
            var record = upgradeRecord ?? file.make()
            upgrade = newValue
            if let newValue, let bytes = try? JSONCoding.encode(newValue) {
                let content = RequestRecord(
                    high: 0,
                    low: 0,
                    verb: Self.upgradeVerb,
                    progress: .answered(bytes)
                )
                file.write(content, to: &record)
                upgradeRecord = record
            } else {
                file.erase(record)
                upgradeRecord = nil
            }
        }
    }

    private static let upgradeVerb = "last-upgrade"

    /// What is wrong with writing it down, if something is.
    var trouble: String? { file.trouble }

    private static func content(
        _ key: RequestKey,
        _ verb: String,
        _ progress: RequestRecord.Progress
    ) -> RequestRecord {
        RequestRecord(high: key.high, low: key.low, verb: verb, progress: progress)
    }
}

extension APIError {
    static let unknownOutcome = APIError(
        .failed,
        "swisord was restarted while it worked on this; its outcome is unknown",
        hint: "'swisordctl status' tells what has become of it"
    )
}
