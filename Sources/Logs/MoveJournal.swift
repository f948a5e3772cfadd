// SPDX-License-Identifier: Apache-2.0

package import Platform
private import Synchronization

/// What the log threads are moving from pipes to logs, for the manager that comes after this one.
///
/// Moving by a single call would have the kernel lock the pipe until the disk has answered, and with
/// it the program, even where that is about to end. So bytes are first written to the log and then
/// taken out of the pipe, and whoever dies in between leaves them in both. Before that they are
/// noted here, in memory that the guardian keeps; the next manager drops from the pipe what the log
/// has. Which of the two was the last call cannot be known, but seen: what was not taken out yet is
/// still the first in the pipe.
package final class MoveJournal: Sendable {
    /// Bytes that may be both in a pipe and in a log.
    struct Move: Hashable, Sendable {
        let pipe: FileStatus.Identity
        let file: FileStatus.Identity
        /// Where in the log they begin.
        let offset: Int
        let count: Int
        fileprivate let line: Int
    }

    /// The memory, for whoever is to keep it.
    package let memory: OwnedDescriptor
    private let moves: Mutex<[Move]>
    private let freeLines: Mutex<[Int]>
    private let isKeptNow = Atomic(true)

    fileprivate static let wordsOfLine = 8
    /// One for each log thread, and for what earlier managers have left; the first is the heading.
    fileprivate static let lines = 64
    private static let heading: UInt64 = 0x7377_6973_6f72_6401
    fileprivate static let wordCount = lines * wordsOfLine

    /// Makes an empty one.
    package convenience init() throws(SystemError) {
        var bytes = [UInt8](repeating: 0, count: Self.wordCount * MemoryLayout<UInt64>.size)
        withUnsafeBytes(of: Self.heading) { bytes.replaceSubrange(..<$0.count, with: $0) }
        self.init(memory: try MemoryFile.make("swisord-moves", bytes), moves: [])
    }

    /// Takes over that of the manager before; nil for one of another version.
    package convenience init?(keptBy memory: consuming OwnedDescriptor) {
        guard let bytes = try? MemoryFile.contents(of: memory),
            bytes.count == Self.wordCount * MemoryLayout<UInt64>.size
        else { return nil }
        let words = bytes.withUnsafeBytes { Array($0.bindMemory(to: UInt64.self)) }
        guard words[0] == Self.heading else { return nil }
        let moves = (1..<Self.lines).compactMap { line in
            let start = line * Self.wordsOfLine
            return Move(words[start..<(start + Self.wordsOfLine)], line: line)
        }
        self.init(memory: memory, moves: moves)
    }

    private init(memory: consuming OwnedDescriptor, moves: [Move]) {
        self.memory = memory
        let taken = Set(moves.map(\.line))
        freeLines = Mutex((1..<Self.lines).filter { !taken.contains($0) })
        self.moves = Mutex(moves)
    }

    /// Whether the next manager will get it.
    var isKept: Bool { isKeptNow.load(ordering: .relaxed) }

    /// Nobody keeps it from now on.
    package func isLost() { isKeptNow.store(false, ordering: .relaxed) }

    /// A line for one thread; nil when there is none left, or no memory.
    func makeLine() -> MoveLine? {
        guard let number = freeLines.withLock({ $0.popLast() }),
            let words = try? SharedWords(of: memory, count: Self.wordCount)
        else { return nil }
        return MoveLine(words, number: number, of: self)
    }

    /// What an earlier manager may have left unfinished of a pipe; nobody else gets it.
    func take(of pipe: FileStatus.Identity) -> Move? {
        moves.withLock { moves in
            moves.firstIndex { $0.pipe == pipe }.map { moves.remove(at: $0) }
        }
    }

    /// A move has been finished.
    func end(_ move: Move) {
        guard let words = try? SharedWords(of: memory, count: Self.wordCount) else { return }
        words.store(0, at: move.line * Self.wordsOfLine)
        freeLines.withLock { $0.append(move.line) }
    }
}

extension MoveJournal.Move {
    fileprivate init?(_ words: ArraySlice<UInt64>, line: Int) {
        let words = Array(words)
        guard let count = Int(exactly: words[0]), count > 0, let offset = Int(exactly: words[5])
        else { return nil }
        self.count = count
        self.offset = offset
        self.line = line
        pipe = FileStatus.Identity(device: words[1], number: words[2])
        file = FileStatus.Identity(device: words[3], number: words[4])
    }
}

/// The line of one log thread: what it is moving.
final class MoveLine {
    private let words: SharedWords
    private let start: Int
    private let journal: MoveJournal

    fileprivate init(_ words: SharedWords, number: Int, of journal: MoveJournal) {
        self.words = words
        self.journal = journal
        start = number * MoveJournal.wordsOfLine
    }

    /// Whether the next manager will read it.
    var isKept: Bool { journal.isKept }

    /// So many bytes, the next in a pipe, are about to be written to a log.
    func begin(
        _ count: Int,
        of pipe: FileStatus.Identity,
        to file: FileStatus.Identity,
        at offset: Int
    ) {
        let line = [pipe.device, pipe.number, file.device, file.number, UInt64(offset)]
        for (index, word) in line.enumerated() { words.store(word, at: start + 1 + index) }
        // It says nothing before this word does.
        words.store(UInt64(count), at: start)
    }

    /// They are in the log, and not in the pipe any more; or the other way round.
    func end() { words.store(0, at: start) }
}
