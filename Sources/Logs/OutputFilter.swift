// SPDX-License-Identifier: Apache-2.0

import Supervision

/// Takes apart what a program writes: some of it goes to the log, some to others, some nowhere.
///
/// What has to be left for later stays in the program's pipe, where it outlives this process. Only
/// two things are kept here: a message that is longer than a pipe should hold, and the beginning of
/// a tag or sequence after which a program has paused. Such a beginning is in the log already: should
/// nothing follow, it was text.
final class OutputFilter {
    /// Where the bytes that are offered are taken to.
    struct Exits {
        /// Writes bytes to the log and takes them out of the pipe; answers how many it was.
        let log: (ArraySlice<UInt8>) -> Int
        /// Takes bytes out of the pipe for good; answers whether it could.
        let drop: (Int) -> Bool
    }

    private(set) var treatment: OutputTreatment
    /// Who has the pipe at present; nil while that has not been said.
    var run: PID?
    /// What was offered last ends in the middle of something.
    private(set) var isUnfinished = false
    /// The message that has been opened, as far as it is known.
    private var message: [UInt8]?
    /// The beginning that has been taken out of the pipe already.
    private var seen: [UInt8] = []
    /// What has been said and not been told yet.
    private var speech: [UInt8] = []

    init(_ treatment: OutputTreatment) {
        self.treatment = treatment
        run = treatment.run
    }

    /// What has to be known to go on in another place.
    struct Memory: Sendable {
        fileprivate let treatment: OutputTreatment
        fileprivate let run: PID?
        fileprivate let message: [UInt8]?
        fileprivate let seen: [UInt8]
    }

    var memory: Memory { Memory(treatment: treatment, run: run, message: message, seen: seen) }

    /// Goes on where another has come to.
    init(_ memory: Memory) {
        treatment = memory.treatment
        run = memory.run
        message = memory.message
        seen = memory.seen
    }

    /// Takes what it can of the bytes that come next in the pipe, and answers how many.
    func pass(_ next: ArraySlice<UInt8>, _ wait: OutputScanner.Wait, to exits: Exits) -> Int {
        var rest = seen.isEmpty ? next : (seen + next)[...]
        var known = seen.count
        isUnfinished = false
        // Ends with what is known alone, or where something stands in the way.
        while rest.count > known {
            let piece = treatment.scanner.next(in: rest, isOpen: message != nil, wait)
            if piece == .unfinished {
                isUnfinished = wait == .more
                if wait == .full { known += takeBeginning(rest.dropFirst(known), to: exits) }
                break
            }
            let count = take(piece, of: rest, known: known, to: exits)
            rest = rest.dropFirst(count)
            known = max(0, known - count)
            if count < piece.count { break }
        }
        seen = Array(rest.prefix(known))
        tellSpeech()
        return next.count - (rest.count - known)
    }

    /// Takes out what may be the beginning of something, as nothing may be left in the pipe; answers
    /// how many bytes that was, which are fewer where the log takes no more.
    private func takeBeginning(_ bytes: ArraySlice<UInt8>, to exits: Exits) -> Int {
        guard message == nil else { return exits.drop(bytes.count) ? bytes.count : 0 }
        return log(bytes, to: exits)
    }

    /// Takes a piece to where it belongs, and answers how many of its bytes that was.
    private func take(
        _ piece: OutputScanner.Piece,
        of rest: ArraySlice<UInt8>,
        known: Int,
        to exits: Exits
    ) -> Int {
        let count = piece.count
        let new = rest.prefix(count).dropFirst(known)
        if case .text = piece { return count - new.count + log(new, to: exits) }
        guard new.isEmpty || exits.drop(new.count) else { return 0 }
        switch piece {
        case .text, .unfinished, .escape: break
        case .opening: message = []
        case .message(let length, _):
            message = []
            collect(rest.dropFirst(OutputScanner.begin.count).prefix(length))
            tellMessage()
        case .body(let length): collect(rest.prefix(length))
        case .closing(let length, _):
            collect(rest.prefix(length))
            tellMessage()
        }
        return count
    }

    private func log(_ bytes: ArraySlice<UInt8>, to exits: Exits) -> Int {
        guard !bytes.isEmpty else { return 0 }
        let count = exits.log(bytes)
        if treatment.heard != nil { speech += bytes.prefix(count) }
        return count
    }

    private func collect(_ bytes: ArraySlice<UInt8>) {
        guard let capture = treatment.capture else { return }
        // What is told at one time does not end in the middle of what is told at another.
        tellSpeech()
        if treatment.heard != nil { speech += treatment.scanner.stripped(bytes) }
        tellSpeech()
        message?.append(contentsOf: bytes.suffix(capture.limit))
        if let excess = message.map({ $0.count - capture.limit }), excess > 0 {
            message?.removeFirst(excess)
        }
    }

    private func tellMessage() {
        if let message, let capture = treatment.capture {
            capture.told(treatment.scanner.stripped(message[...]), run)
        }
        message = nil
    }

    private func tellSpeech() {
        guard !speech.isEmpty else { return }
        treatment.heard?(speech, run)
        speech = []
    }

    /// Gives up what has been begun, and answers what of it belongs in the log.
    func abandon() -> [UInt8] {
        defer { (message, seen) = (nil, []) }
        return message.map { OutputScanner.begin + $0 + seen } ?? []
    }

    /// Does from now on what another treatment says; answers what belongs in the log of what was
    /// begun.
    func change(to treatment: OutputTreatment) -> [UInt8] {
        self.treatment = treatment
        run = treatment.run ?? run
        return treatment.capture == nil ? abandon() : []
    }
}

extension OutputScanner.Piece {
    /// How many bytes it has.
    fileprivate var count: Int {
        switch self {
        case .text(let count), .escape(let count), .opening(let count), .body(let count),
            .message(_, let count), .closing(_, let count):
            count
        case .unfinished: 0
        }
    }
}
