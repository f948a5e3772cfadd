// SPDX-License-Identifier: Apache-2.0

private import CSpawn
private import Glibc
private import SystemPackage

/// The directory that holds the cgroups of all runs of one daemon.
///
///     <own group>/swisord-<tag>/<group>:<program>.<run>/
///
/// The tag is the same for every manager of one daemon, so that one that was started anew finds
/// the groups of the runs that it takes over. As long as a daemon lives its directory is locked
/// (`flock`), so whoever can lock one knows that it was left behind.
package struct CgroupHome: ~Copyable {
    private static let prefix = "swisord-"

    package let path: String
    /// Holds the lock; the guardian keeps a copy for the next manager.
    package let descriptor: OwnedDescriptor

    /// Makes the directory, or finds the one that an earlier daemon of the same tag made.
    ///
    /// - Throws: `CgroupUnavailable` where there is no cgroup v2 or it may not be written to.
    package init(tag: String) throws(CgroupUnavailable) {
        try self.init(below: CgroupMount.ownGroup(), tag: tag)
    }

    package init(below group: String, tag: String) throws(CgroupUnavailable) {
        path = "\(group)/\(Self.prefix)\(tag)"
        for _ in 1...100 {
            guard mkdir(path, 0o755) == 0 || errno == EEXIST else {
                let reason = Errno(rawValue: errno)
                throw CgroupUnavailable(reason: "cannot make cgroups below \(group): \(reason)")
            }
            guard access("\(path)/cgroup.procs", W_OK) == 0 || errno == ENOENT else {
                throw CgroupUnavailable(reason: "cannot write to the cgroup \(path)")
            }
            // Whoever tidies up may have it for a moment, and may have removed it.
            guard let opened = Self.lock(path) else {
                usleep(1000)
                continue
            }
            descriptor = OwnedDescriptor(owning: opened)
            return
        }
        throw CgroupUnavailable(reason: "the cgroup \(path) is held by another process")
    }

    /// The directory that an earlier manager has locked, by the descriptor that it left.
    ///
    /// - Throws: `CgroupUnavailable` when its path is not known any more.
    package init(owning descriptor: consuming OwnedDescriptor) throws(CgroupUnavailable) {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = readlink("/proc/self/fd/\(descriptor.rawValue)", &buffer, buffer.count)
        path = String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
        self.descriptor = descriptor
        guard access("\(path)/cgroup.procs", W_OK) == 0 else {
            throw CgroupUnavailable(reason: "the cgroup of this daemon is gone")
        }
    }

    /// Opens and locks a directory; nil when somebody else has it or it is not there any more.
    private static func lock(_ path: String) -> Int32? {
        let number = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)
        guard number >= 0 else { return nil }
        var opened = stat()
        var named = stat()
        guard swisord_lock(number) == 0, fstat(number, &opened) == 0, lstat(path, &named) == 0,
            opened.st_ino == named.st_ino
        else {
            close(number)
            return nil
        }
        return number
    }

    /// Makes a fresh group for a run.
    ///
    /// A directory is never used again: after `cgroup.kill` children are killed at birth in it. One
    /// of that name that still holds processes is passed by, under another name.
    ///
    /// - Throws: `SystemError` of `mkdir`.
    package func make(_ name: String) throws(SystemError) -> Cgroup {
        for attempt in 1...100 {
            let path = attempt == 1 ? "\(path)/\(name)" : "\(path)/\(name)+\(attempt)"
            if mkdir(path, 0o755) == 0 { return Cgroup(path: path) }
            guard errno == EEXIST else { throw .last("mkdir", path) }
            if rmdir(path) == 0, mkdir(path, 0o755) == 0 { return Cgroup(path: path) }
        }
        throw SystemError("mkdir", "\(path)/\(name)", errno: .fileExists)
    }

    /// The group of a run that was begun earlier: that in which `pid` is, if it is one of these,
    /// else that of the name; nil when there is none.
    package func find(_ name: String, of pid: Int32) -> Cgroup? {
        if let text = try? SmallFile.read("/proc/\(pid)/cgroup", limit: 1 << 16),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix("0::/") }),
            let home = path.split(separator: "/").last
        {
            let parts = line.split(separator: "/")
            if let index = parts.lastIndex(of: home), parts.indices.contains(index + 1),
                parts[index + 1] == name || parts[index + 1].hasPrefix(name + "+")
            {
                return Cgroup(path: "\(path)/\(parts[index + 1])")
            }
        }
        let path = "\(path)/\(name)"
        return access(path, F_OK) == 0 ? Cgroup(path: path) : nil
    }

    /// The names of all groups that are there.
    package var names: [String] { Cgroup.children(of: path) }

    // MARK: - Tidying up

    /// Removes the groups that are empty, and the directory itself without any left; for the end.
    package func leave() { Self.removeEmpty(path) }

    /// Removes what daemons beside this one have left behind, as far as it is empty: they were
    /// killed, guardian and manager, and have not been started again.
    package func removeAbandoned() {
        guard let slash = path.lastIndex(of: "/") else { return }
        let group = path[..<slash]
        for name in Cgroup.children(of: String(group)) where name.hasPrefix(Self.prefix) {
            let other = "\(group)/\(name)"
            guard other != path, let lock = Self.lock(other) else { continue }
            Self.removeEmpty(other)
            close(lock)
        }
    }

    private static func removeEmpty(_ path: String) {
        for name in Cgroup.children(of: path) { Cgroup.remove("\(path)/\(name)") }
        rmdir(path)
    }

    /// The name of a run's group: what a file name may not hold, or reads badly, is replaced, and
    /// then a number made of the whole name keeps it apart from others.
    package static func name(group: String, process: String, run: Int) -> String {
        "\(plain(group: group, process: process)).\(run)"
    }

    /// The name that a group was to have, which it has unless that was taken.
    package static func run(of name: String) -> String {
        guard let plus = name.utf8.lastIndex(of: UInt8(ascii: "+")) else { return name }
        return String(name[..<plus])
    }

    /// The name without its run.
    package static func plain(group: String, process: String) -> String {
        let whole = "\(group):\(process)"
        let allowed = whole.utf8.prefix(180).map { byte -> UInt8 in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
                UInt8(ascii: ":"), UInt8(ascii: "@"):
                byte
            default: UInt8(ascii: "_")
            }
        }
        let text = String(decoding: allowed, as: UTF8.self)
        return text == whole ? whole : "\(text)-\(StableHash.hexadecimal(whole))"
    }
}

/// A hash that is the same in every process (FNV-1a, 64 bits); not against those who mean harm.
package enum StableHash {
    package static func hexadecimal(_ text: String) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
