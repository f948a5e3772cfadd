// SPDX-License-Identifier: Apache-2.0

private import CSpawn
private import Glibc
package import Supervision
private import SystemPackage

/// The cgroup of one run: everything that the run has made is in it, whatever it calls itself.
///
/// It is known by its path alone: a thousand programs need no descriptor for theirs.
package struct Cgroup: Hashable, Sendable {
    package let path: String

    /// A group that exists, or did.
    package init(path: String) {
        self.path = path
    }

    /// Opens its directory, for `Spawner.Options.cgroup`.
    ///
    /// - Throws: `SystemError` of `open`.
    package func open() throws(SystemError) -> OwnedDescriptor {
        let path = path
        return OwnedDescriptor(
            owning: try retrying("open", path) {
                Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)
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

    /// Sends signals to all that are in it now.
    ///
    /// A pid that is read may be another's when it is used: each is opened first, and signalled
    /// when it is seen in the group after that.
    package func send(_ signals: [Signal]) {
        let held = pids.map { (pid: $0, descriptor: swisord_pidfd_open($0)) }
        let still = Set(pids)
        for (pid, descriptor) in held {
            for signal in signals where still.contains(pid) {
                if descriptor >= 0 {
                    _ = swisord_pidfd_send(descriptor, signal.rawValue)
                } else {
                    _ = try? ProcessSignals.send(signal, to: pid)
                }
            }
            if descriptor >= 0 { close(descriptor) }
        }
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
    ///
    /// The kernel removes what is empty and nothing else: one call tells and tidies up.
    @discardableResult
    package func remove() -> Bool { Cgroup.remove(path) }

    @discardableResult
    static func remove(_ path: String, depth: Int = 0) -> Bool {
        if rmdir(path) == 0 || errno == ENOENT { return true }
        guard errno == EBUSY || errno == ENOTEMPTY, depth < 16, !Cgroup(path: path).isPopulated
        else { return false }
        for name in children(of: path) { remove("\(path)/\(name)", depth: depth + 1) }
        return rmdir(path) == 0
    }

    private func write(_ text: String, to file: String) -> Bool {
        let number = Glibc.open("\(path)/\(file)", O_WRONLY | O_CLOEXEC | O_NOFOLLOW)
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
