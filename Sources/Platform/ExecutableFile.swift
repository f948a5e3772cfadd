// SPDX-License-Identifier: Apache-2.0

private import Glibc
private import SystemPackage

/// A program that another process is to execute by its descriptor.
package enum ExecutableFile {
    /// Opens a program without reading it (O_PATH).
    ///
    /// - Parameter path: Where it is; nil for what has taken the place of this very program's file.
    /// - Returns: The file, for `execveat` and nothing else.
    /// - Throws: `SystemError`; EACCES for what nobody may execute, ENOENT for nothing.
    package static func open(_ path: String?) throws(SystemError) -> OwnedDescriptor {
        let path = if let path { path } else { try ownPath() }
        let file = OwnedDescriptor(
            owning: try retrying("open", path) { Glibc.open(path, oPath | O_CLOEXEC) }
        )
        var status = stat()
        _ = try retrying("fstat", path) { fstat(file.rawValue, &status) }
        guard status.st_mode & S_IFMT == S_IFREG, status.st_mode & 0o111 != 0 else {
            throw SystemError("execute", path, errno: .permissionDenied)
        }
        return file
    }

    /// O_PATH of open(2), which the overlay lacks.
    private static let oPath: Int32 = 0o10_000_000

    /// The path that this program was executed from, also when another file has it by now.
    private static func ownPath() throws(SystemError) -> String {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = try retrying("readlink", "/proc/self/exe") {
            readlink("/proc/self/exe", &buffer, buffer.count)
        }
        let text = String(
            decoding: buffer.prefix(count).map(UInt8.init(bitPattern:)),
            as: UTF8.self
        )
        let mark = " (deleted)"
        return text.hasSuffix(mark) ? String(text.dropLast(mark.count)) : text
    }
}
