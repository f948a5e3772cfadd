// SPDX-License-Identifier: Apache-2.0

import Glibc

/// What a symbolic link says.
func readLink(_ path: String) throws -> String {
    let size = 4096
    let buffer = UnsafeMutablePointer<CChar>.allocate(capacity: size)
    defer { buffer.deallocate() }
    let count = readlink(path, buffer, size)
    guard count >= 0 else { throw Program.Failure(description: "no link \(path)") }
    let bytes = UnsafeRawBufferPointer(start: buffer, count: count)
    return String(decoding: bytes, as: UTF8.self)
}

/// Whether something is there.
func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

/// What `stat` says of a path.
func status(_ path: String) throws -> stat {
    var result = stat()
    guard lstat(path, &result) == 0 else {
        throw Program.Failure(description: "\(path): \(String(cString: strerror(errno)))")
    }
    return result
}
