// SPDX-License-Identifier: Apache-2.0

/// Some bytes of a log file, and where they stand in it.
package struct LogSlice: Hashable, Sendable {
    package var bytes: [UInt8]
    /// The place of the first byte, counted from the beginning of the file.
    package var start: Int
    /// How long the file was when they were read.
    package var size: Int

    package init(bytes: [UInt8], start: Int, size: Int) {
        self.bytes = bytes
        self.start = start
        self.size = size
    }

    /// Which bytes of a file of `size` are meant: where they begin and how many there are.
    ///
    /// A negative offset counts from the end; without a count, all up to the end are meant. What
    /// lies outside of the file is left out, and so is what is more than may be read at once.
    static func part(of size: Int, from offset: Int, count: Int?) -> (start: Int, count: Int) {
        let start = offset < 0 ? max(0, size + max(offset, -size)) : min(offset, size)
        return (start, min(max(0, count ?? size), size - start, TailReader.most))
    }
}
