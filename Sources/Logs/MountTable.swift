// SPDX-License-Identifier: Apache-2.0

private import Glibc
import Platform
import SystemPackage

/// Which file system a path is on, found without touching that file system.
///
/// `stat` would say it too, but waits for as long as an NFS server is away.
struct MountTable: Hashable {
    private var devices: [String: String] = [:]

    /// Reads the text of `/proc/self/mountinfo`.
    init(_ text: String) {
        for line in text.split(separator: "\n") {
            // 36 35 98:0 /root /mount/point options…
            let fields = line.split(separator: " ", maxSplits: 5)
            guard fields.count > 4 else { continue }
            // Later mounts cover earlier ones.
            devices[Self.unescaped(fields[4])] = String(fields[2])
        }
    }

    /// The table as it is now; empty where /proc is not there.
    static func current() -> MountTable {
        guard let file = try? OwnedDescriptor.open("/proc/self/mountinfo", O_RDONLY) else {
            return MountTable("")
        }
        var text: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 32 * 1024)
        while let count = try? file.read(into: &buffer), count > 0 { text += buffer[..<count] }
        return MountTable(String(decoding: text, as: UTF8.self))
    }

    /// The device (`major:minor`) of the deepest mount above the path; links are not followed.
    func device(of path: String) -> String {
        var prefix = path[...]
        while let slash = prefix.lastSlash {
            prefix = prefix[..<slash]
            if let device = devices[prefix.isEmpty ? "/" : String(prefix)] { return device }
        }
        return ""
    }

    /// Blanks and the like are three octal digits after a backslash.
    private static func unescaped(_ field: Substring) -> String {
        guard field.contains("\\") else { return String(field) }
        var bytes: [UInt8] = []
        var rest = Array(field.utf8)[...]
        while let byte = rest.popFirst() {
            let digits = rest.prefix(3)
            if byte == UInt8(ascii: "\\"), digits.count == 3,
                let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 8)
            {
                bytes.append(value)
                rest = rest.dropFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
