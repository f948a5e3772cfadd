// SPDX-License-Identifier: Apache-2.0

private import Glibc

/// Where the cgroup of this process is found in the file system (cgroup v2 only).
///
/// It is read from /proc/self/cgroup and /proc/self/mountinfo: a hierarchy without controllers, as
/// it is mounted beside version 1, serves as well.
package enum CgroupMount {
    /// The directory of this process's own group.
    ///
    /// - Throws: `CgroupUnavailable` with the reason.
    package static func ownGroup() throws(CgroupUnavailable) -> String {
        let groups: String
        let mounts: String
        do throws(SystemError) {
            groups = try SmallFile.read("/proc/self/cgroup", limit: 1 << 16)
            mounts = try SmallFile.read("/proc/self/mountinfo", limit: 1 << 24)
        } catch {
            throw CgroupUnavailable(reason: "\(error)")
        }
        guard let path = path(groups: groups, mounts: mounts) else {
            throw CgroupUnavailable(reason: "cgroup v2 is not mounted where swisord can see it")
        }
        return path
    }

    /// Puts together the directory from what the two files say; nil where there is none.
    package static func path(groups: String, mounts: String) -> String? {
        guard let line = groups.split(separator: "\n").first(where: { $0.hasPrefix("0::/") }),
            !line.contains("/../"), !line.hasSuffix("/..")
        else { return nil }
        let group = line.dropFirst(3)
        // The last mount at a point hides those below it.
        for mount in mounts.split(separator: "\n").reversed() {
            let words = mount.split(separator: " ")
            guard words.count > 6, let dash = words.dropFirst(6).firstIndex(of: "-"),
                words.indices.contains(dash + 1), words[dash + 1] == "cgroup2"
            else { continue }
            let root = unescape(words[3])
            let point = unescape(words[4])
            if root == "/" { return group == "/" ? point : point + group }
            if group == root { return point }
            if group.hasPrefix(root + "/") { return point + group.dropFirst(root.count) }
        }
        return nil
    }

    /// Undoes the octal escapes of mountinfo, as `\040` for a space.
    private static func unescape(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            let digits = rest.prefix(3)
            if byte == UInt8(ascii: "\\"), digits.count == 3,
                let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 8)
            {
                bytes.append(value)
                rest = rest.dropFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// Why there are no cgroups for programs.
package struct CgroupUnavailable: Error, Hashable, Sendable, CustomStringConvertible {
    package let reason: String

    package init(reason: String) {
        self.reason = reason
    }

    package var description: String { reason }
}
