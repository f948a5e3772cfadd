// SPDX-License-Identifier: Apache-2.0

/// Puts lines together from pieces, for targets where only whole lines make sense.
///
/// What follows the last line end is held back; a line beyond the limit is cut into several.
struct LineSplitter {
    private var held: [UInt8] = []
    private let limit: Int

    init(limit: Int) {
        self.limit = limit
    }

    /// Hands over each line that is complete now, without its line end.
    mutating func feed(_ bytes: ArraySlice<UInt8>, to line: (ArraySlice<UInt8>) -> Void) {
        var rest = bytes
        while let end = rest.firstIndex(of: 0x0A) {
            hold(rest[..<end], line)
            line(held[...])
            held.removeAll(keepingCapacity: true)
            rest = rest[(end + 1)...]
        }
        hold(rest, line)
    }

    /// Hands over what is held back, as a line of its own.
    mutating func finish(to line: (ArraySlice<UInt8>) -> Void) {
        guard !held.isEmpty else { return }
        line(held[...])
        held.removeAll()
    }

    private mutating func hold(_ piece: ArraySlice<UInt8>, _ line: (ArraySlice<UInt8>) -> Void) {
        var piece = piece
        while held.count + piece.count > limit {
            let part = piece.prefix(limit - held.count)
            held += part
            piece = piece.dropFirst(part.count)
            line(held[...])
            held.removeAll(keepingCapacity: true)
        }
        held += piece
    }
}
