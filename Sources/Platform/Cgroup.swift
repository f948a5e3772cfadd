// SPDX-License-Identifier: Apache-2.0

private import Glibc
private import Supervision
private import SystemPackage

/// The cgroup of one run: everything that the run has made is in it, whatever it calls itself.
package final class Cgroup {
    package let path: String
    /// For `Spawner.Options.cgroup`.
    package let directory: OwnedDescriptor

    /// Opens a group that exists.
    package init(path: String) throws(SystemError) {
        self.path = path
        directory = OwnedDescriptor(
            owning: try retrying("open", path) {
                open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)
            }
        )
    }

    /// Whether a process that has not ended is in it or below it; false when it is gone.
    ///
    /// A zombie is not counted: an empty group says nothing about who has been reaped.
    package var isPopulated: Bool {
        guard let text = try? SmallFile.read("\(path)/cgroup.events", limit: 4096) else {
            return false
        }
        return text.contains("populated 1")
    }

    /// All processes in it and below it, in no order.
    package var pids: [Int32] { Cgroup.pids(in: path) }

    /// All processes in a group and below it; none when it is gone.
    package static func pids(in path: String, depth: Int = 0) -> [Int32] {
        guard depth < 16, let text = try? SmallFile.read("\(path)/cgroup.procs", limit: 1 << 22)
        else { return [] }
        // 0 stands for a process of another pid namespace.
        let own = text.split(separator: "\n").compactMap { Int32($0) }.filter { $0 > 1 }
        return own + children(of: path).flatMap { pids(in: "\(path)/\($0)", depth: depth + 1) }
    }

    /// Kills everything in it with SIGKILL (`cgroup.kill`, Linux 5.14).
    ///
    /// Where there is no such file it is frozen, so that nobody gets away, and each is signalled.
    /// They die soon, not at once.
    package func kill() {
        if write("1", to: "cgroup.kill") { return }
        let isFrozen = write("1", to: "cgroup.freeze")
        for _ in 0..<8 {
            let pids = pids
            if pids.isEmpty { break }
            for pid in pids { _ = try? ProcessSignals.send(.kill, to: pid) }
            // Frozen ones die of SIGKILL without being thawed; one that forked meanwhile is next.
            if isFrozen { break }
        }
        if isFrozen { _ = write("0", to: "cgroup.freeze") }
    }

    /// Removes it, and the groups that a program made below it; false while anybody is in it.
    @discardableResult
    package func remove() -> Bool { Cgroup.remove(path) }

    @discardableResult
    static func remove(_ path: String, depth: Int = 0) -> Bool {
        if rmdir(path) == 0 || errno == ENOENT { return true }
        guard errno == EBUSY || errno == ENOTEMPTY, depth < 16 else { return false }
        let below = children(of: path)
        guard !below.isEmpty else { return false }
        for name in below { remove("\(path)/\(name)", depth: depth + 1) }
        return rmdir(path) == 0
    }

    private func write(_ text: String, to file: String) -> Bool {
        let number = openat(directory.rawValue, file, O_WRONLY | O_CLOEXEC)
        guard number >= 0 else { return false }
        let opened = OwnedDescriptor(owning: number)
        return Glibc.write(opened.rawValue, text, text.utf8.count) == text.utf8.count
    }

    /// The groups directly below one.
    static func children(of path: String) -> [String] {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            guard entry.pointee.d_type == UInt8(DT_DIR) else { continue }
            let name = withUnsafePointer(to: &entry.pointee.d_name) { start in
                start.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}

/// Tells when cgroups change between empty and not (`inotify` on their cgroup.events).
package final class CgroupWatch {
    /// Readable when one of the watched groups has changed; `drain` it, and look at them.
    package let descriptor: OwnedDescriptor

    package init() throws(SystemError) {
        descriptor = OwnedDescriptor(
            owning: try retrying("inotify_init1") {
                inotify_init1(Int32(IN_CLOEXEC) | Int32(IN_NONBLOCK))
            }
        )
    }

    /// Watches a group for as long as it exists; look at it afterwards, it may be empty already.
    package func add(_ group: Cgroup) throws(SystemError) {
        let path = "\(group.path)/cgroup.events"
        _ = try retrying("inotify_add_watch", path) {
            inotify_add_watch(descriptor.rawValue, path, UInt32(IN_MODIFY))
        }
    }

    /// Takes all notices.
    package func drain() {
        withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 8) { buffer in
            while read(descriptor.rawValue, buffer.baseAddress, buffer.count) > 0 {}
        }
    }
}
