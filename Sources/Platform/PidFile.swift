// SPDX-License-Identifier: Apache-2.0

private import Glibc
private import SystemPackage

/// A file that tells other programs the daemon's pid.
///
/// Nothing here relies on it: that is the lock's part.
package struct PidFile: Hashable, Sendable {
    package let path: String
    /// The process that signals are to go to.
    package let pid: Int32

    package init(path: String, pid: Int32) {
        self.path = path
        self.pid = pid
    }

    /// Writes the pid; whoever reads sees the old text or the whole new one.
    ///
    /// A symbolic link in its place is replaced and not followed.
    package func write() throws(SystemError) {
        let draft = "\(path).\(getpid())"
        let line = Array("\(pid)\n".utf8)
        _ = unlink(draft)
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        let file = OwnedDescriptor(
            owning: try retrying("open", draft) { open(draft, flags, 0o644) }
        )
        do throws(SystemError) {
            let count = try retrying("write", draft) {
                Glibc.write(file.rawValue, line, line.count)
            }
            guard count == line.count else { throw SystemError("write", draft, errno: .noSpace) }
            _ = try retrying("rename", path) { rename(draft, path) }
        } catch {
            _ = unlink(draft)
            throw error
        }
    }

    /// Removes the file if it still holds the pid; another's is left alone.
    package func remove() {
        let number = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard number >= 0 else { return }
        let file = OwnedDescriptor(owning: number)
        var buffer = [UInt8](repeating: 0, count: 32)
        let count = read(file.rawValue, &buffer, buffer.count)
        guard count > 0, buffer.prefix(count).elementsEqual("\(pid)\n".utf8) else { return }
        _ = unlink(path)
    }
}
