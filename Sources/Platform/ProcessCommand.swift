// SPDX-License-Identifier: Apache-2.0

/// The command line of a process.
package enum ProcessCommand {
    /// The arguments with spaces between them, at most 512 bytes; nil for a zombie, a kernel
    /// thread, or one that is gone or not ours to look into.
    package static func read(_ pid: Int32) -> String? {
        guard let text = try? SmallFile.read("/proc/\(pid)/cmdline", limit: 1 << 22),
            !text.isEmpty
        else { return nil }
        let words = text.split(separator: "\0").joined(separator: " ")
        return words.utf8.count <= 512
            ? words : String(decoding: words.utf8.prefix(509), as: UTF8.self) + "..."
    }
}
