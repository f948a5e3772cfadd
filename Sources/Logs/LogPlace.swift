// SPDX-License-Identifier: Apache-2.0

import Platform

/// A place in all that was written to a log: a file, and how far from its beginning.
///
/// A rotation renames files and moves each byte into one of them, so what comes after a place is
/// the rest of that file and then the newer ones, whatever they are called by now.
package struct LogPlace: Hashable, Sendable, CustomStringConvertible {
    let file: FileStatus.Identity
    /// Which of all the files that had this identity.
    let generation: UInt64
    /// Negative for what stands in older files.
    let offset: Int

    init(file: FileStatus.Identity, generation: UInt64, offset: Int) {
        self.file = file
        self.generation = generation
        self.offset = offset
    }

    /// Reads a place that was written down, and goes on by the bytes that were received since.
    ///
    /// - Parameter text: `DEVICE.FILE.GENERATION.OFFSET`, and `.COUNT` if any have been; nothing else.
    package init?(_ text: String) {
        let numbers = text.split(separator: ".", omittingEmptySubsequences: false)
        guard (4...5).contains(numbers.count), let device = UInt64(numbers[0]),
            let number = UInt64(numbers[1]), let generation = UInt64(numbers[2]),
            let offset = Int(numbers[3]),
            let received = numbers.count == 5 ? Int(numbers[4]) : 0, received >= 0
        else { return nil }
        let (sum, isTooLarge) = offset.addingReportingOverflow(received)
        guard !isTooLarge else { return nil }
        let file = FileStatus.Identity(device: device, number: number)
        self.init(file: file, generation: generation, offset: sum)
    }

    /// Whether it is in this file.
    func isIn(_ descriptor: borrowing OwnedDescriptor, _ identity: FileStatus.Identity) -> Bool {
        identity == file && descriptor.generation() == generation
    }

    /// `DEVICE.FILE.GENERATION.OFFSET`, in decimal.
    package var description: String { "\(file.device).\(file.number).\(generation).\(offset)" }
}

/// Where a follower begins.
package enum FollowStart: Hashable, Sendable {
    /// With so many of the last bytes.
    case last(Int)
    /// With what comes after a place; nil for one that cannot be understood.
    case after(LogPlace?)
}
