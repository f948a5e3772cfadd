// SPDX-License-Identifier: Apache-2.0

private import CSpawn
private import Glibc
private import SystemPackage

/// A file that is on no disk and lives as long as somebody holds it open (`memfd_create`).
package enum MemoryFile {
    /// Makes one that holds these bytes.
    package static func make(_ name: String, _ bytes: [UInt8]) throws(SystemError)
        -> OwnedDescriptor
    {
        let file = OwnedDescriptor(
            owning: try retrying("memfd_create") { swisord_memory_file(name) }
        )
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = try retrying("write", name) {
                rest.withUnsafeBytes { write(file.rawValue, $0.baseAddress, $0.count) }
            }
            rest = rest.dropFirst(count)
        }
        return file
    }

    /// All that it holds, wherever it was read last.
    package static func contents(of file: borrowing OwnedDescriptor) throws(SystemError) -> [UInt8]
    {
        var status = stat()
        _ = try retrying("fstat") { fstat(file.rawValue, &status) }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        var filled = 0
        while filled < bytes.count {
            let count = try retrying("pread") {
                bytes.withUnsafeMutableBytes {
                    pread(
                        file.rawValue,
                        $0.baseAddress.map { $0 + filled },
                        $0.count - filled,
                        off_t(filled)
                    )
                }
            }
            if count == 0 { break }
            filled += count
        }
        bytes.removeLast(bytes.count - filled)
        return bytes
    }
}
