// SPDX-License-Identifier: Apache-2.0

private import Glibc
private import SystemPackage

/// The directory that holds the cgroups of all runs of one daemon.
///
///     <own group>/swisord.<tag>/<group>:<program>.<run>/
///
/// The tag is the same for every manager of one daemon, so that one that was started anew finds
/// the groups of the runs that it takes over.
package struct CgroupHome: Hashable, Sendable {
    package let path: String

    /// Makes the directory, or finds the one that an earlier manager made.
    ///
    /// - Throws: `CgroupUnavailable` where there is no cgroup v2 or it may not be written to.
    package init(tag: String) throws(CgroupUnavailable) {
        try self.init(below: CgroupMount.ownGroup(), tag: tag)
    }

    package init(below group: String, tag: String) throws(CgroupUnavailable) {
        path = "\(group)/swisord.\(tag)"
        guard mkdir(path, 0o755) == 0 || errno == EEXIST else {
            let reason = Errno(rawValue: errno)
            throw CgroupUnavailable(reason: "cannot make cgroups below \(group): \(reason)")
        }
        guard access("\(path)/cgroup.procs", W_OK) == 0 else {
            throw CgroupUnavailable(reason: "cannot write to the cgroup \(path)")
        }
    }

    /// Makes a fresh group for a run.
    ///
    /// A directory is never used again: after `cgroup.kill` children are killed at birth in it. One
    /// of that name that still holds processes is passed by, under another name.
    ///
    /// - Throws: `SystemError` of `mkdir` or `open`.
    package func make(_ name: String) throws(SystemError) -> Cgroup {
        for attempt in 1...100 {
            let path = attempt == 1 ? "\(path)/\(name)" : "\(path)/\(name)+\(attempt)"
            if mkdir(path, 0o755) == 0 { return try Cgroup(path: path) }
            guard errno == EEXIST else { throw .last("mkdir", path) }
            if rmdir(path) == 0, mkdir(path, 0o755) == 0 { return try Cgroup(path: path) }
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
                parts[index + 1] == name || parts[index + 1].hasPrefix(name + "+"),
                let found = try? Cgroup(path: "\(path)/\(parts[index + 1])")
            {
                return found
            }
        }
        return try? Cgroup(path: "\(path)/\(name)")
    }

    /// The names of all groups that are there.
    package var names: [String] { Cgroup.children(of: path) }

    /// Removes the groups that are empty; without any left, the directory itself.
    package func removeEmpty() {
        for name in names { Cgroup.remove("\(path)/\(name)") }
    }

    /// Removes everything that is empty, when the daemon ends.
    package func leave() {
        removeEmpty()
        rmdir(path)
    }

    /// The name of a run's group: what a file name may not hold, or reads badly, is replaced, and
    /// then a number made of the whole name keeps it apart from others.
    package static func name(group: String, process: String, run: Int) -> String {
        "\(plain(group: group, process: process)).\(run)"
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
