// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A folder for the files that targets want, in memory where that can be had.
enum ScratchFolder {
    static let path: String = {
        for parent in ["/dev/shm", "/tmp"] {
            var template = Array("\(parent)/swisord-fuzz-XXXXXX".utf8CString)
            guard mkdtemp(&template) != nil else { continue }
            atexit { ScratchFolder.remove() }
            return String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        }
        return "/tmp"
    }()

    /// What stands in the folder.
    static func names() -> [String] {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    /// Writes a file; false when that failed.
    static func write(_ bytes: [UInt8], to path: String) -> Bool {
        let number = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard number >= 0 else { return false }
        defer { close(number) }
        return Glibc.write(number, bytes, bytes.count) == bytes.count
    }

    /// All that is in a file; empty when there is none.
    static func read(_ path: String) -> [UInt8] {
        let number = open(path, O_RDONLY | O_CLOEXEC)
        guard number >= 0 else { return [] }
        defer { close(number) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = Glibc.read(number, &buffer, buffer.count)
            guard count > 0 else { return bytes }
            bytes += buffer.prefix(count)
        }
    }

    private static func remove() {
        for name in names() { unlink("\(path)/\(name)") }
        if path != "/tmp" { rmdir(path) }
    }
}
