// SPDX-License-Identifier: Apache-2.0

/// Where output is cut when it does not fit into a log file, decided without touching any file.
enum RotationCut: Equatable {
    /// Write this many bytes, then rotate. They end at a line end where there is one that fits.
    case rotate(after: Int)
    /// Rotate, and take the line that the file ends in the middle of along to the new file.
    case carry(Int)

    /// How much of a file or of output is looked at for a line end.
    static let horizon = 64 * 1024

    /// - Parameters:
    ///   - output: what is to be written, too much for the file.
    ///   - room: how much the file may still take.
    ///   - size: how much it holds.
    ///   - openLine: the length of the line that the file ends in the middle of, 0 after a line
    ///     end, nil when there is no line end within the horizon; asked for only when needed.
    init(output: ArraySlice<UInt8>, room: Int, size: Int, openLine: () -> Int?) {
        let room = max(0, room)
        if let end = output.prefix(room).lastIndex(of: 0x0A) {
            self = .rotate(after: end + 1 - output.startIndex)
            return
        }
        guard size > 0, let open = openLine(), open < size else {
            // One line is longer than a whole file, so it cannot be kept in one piece.
            self = .rotate(after: room)
            return
        }
        self = open == 0 ? .rotate(after: 0) : .carry(open)
    }
}
