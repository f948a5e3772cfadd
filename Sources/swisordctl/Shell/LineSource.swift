// SPDX-License-Identifier: Apache-2.0

private import Glibc

/// Where the shell's lines come from.
protocol LineSource: AnyObject {
    /// The next line without its end; nil at the end of input.
    func next(prompt: String) -> String?
    /// Keeps a line for the next time.
    func remember(_ line: String)
}

/// Lines of a pipe or file, without prompt and history.
final class PlainLines: LineSource {
    private let descriptor: Int32
    private var pending: [UInt8] = []
    private var isAtEnd = false
    /// A line longer than this is cut: no verb needs it.
    private static let limit = 1 << 20

    init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    func next(prompt: String) -> String? {
        next().map { String(decoding: $0, as: UTF8.self) }
    }

    /// The next line as it is.
    func next() -> [UInt8]? {
        while true {
            if let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
                defer { pending.removeFirst(end + 1) }
                return Array(pending[..<end])
            }
            if isAtEnd || pending.count > Self.limit {
                defer { pending = [] }
                return pending.isEmpty ? nil : pending
            }
            read()
        }
    }

    func remember(_ line: String) {}

    private func read() {
        var chunk = [UInt8](repeating: 0, count: 4096)
        let count = chunk.withUnsafeMutableBytes {
            Glibc.read(descriptor, $0.baseAddress, $0.count)
        }
        if count > 0 {
            pending += chunk[..<count]
        } else if count == 0 || errno != EINTR {
            isAtEnd = true
        }
    }
}
