// SPDX-License-Identifier: Apache-2.0

private import Glibc

/// The children of a process, as /proc/PID/task/TID/children lists them (CONFIG_PROC_CHILDREN).
///
/// Whoever loses its parent becomes a child of the nearest subreaper above it. So as long as that
/// one has no children but those that it was to have, nobody has got away from any of them: what
/// lives, lives below one of them. One small file answers what else all of /proc would be read for.
package enum ProcessChildren {
    /// The children of the main thread; nil when that cannot be known.
    ///
    /// The list is read while it changes, and an entry that goes hides the one behind it. So it
    /// must read the same twice.
    ///
    /// - Parameters:
    ///   - pid: Whose children.
    ///   - proc: Where the files are.
    ///   - isStill: Whether none can go meanwhile, so that it is read once.
    /// - Returns: Their pids.
    package static func of(
        _ pid: Int32,
        below proc: String = "/proc",
        isStill: Bool = false
    ) -> [Int32]? {
        let path = "\(proc)/\(pid)/task/\(pid)/children"
        guard var last = try? SmallFile.read(path, limit: 1 << 22) else { return nil }
        if isStill { return pids(last) }
        for _ in 0..<mostReads {
            guard let next = try? SmallFile.read(path, limit: 1 << 22) else { return nil }
            if next == last { return pids(next) }
            last = next
        }
        return nil
    }

    private static func pids(_ list: String) -> [Int32] {
        list.split(separator: " ").compactMap { Int32($0) }
    }

    private static let mostReads = 5
}
