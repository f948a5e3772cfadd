// SPDX-License-Identifier: Apache-2.0

private import CSpawn
private import Glibc

/// A user or group that could not be resolved, and why.
package struct AccountError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was asked for, as it was written.
    package let subject: String
    /// Why there is no answer, as in `no such user 'x'`.
    package let reason: String

    /// One line such as `user 'x:y': no such group 'y'`.
    package var description: String { "user '\(subject)': \(reason)" }
}

/// Looks up users and groups by the C library, which may ask a server and so may take long.
package enum Accounts {
    /// Resolves `name`, `name:group` or numbers into what a program needs to run as that user.
    ///
    /// A name of digits alone is always an id, anything else always a name: `0day` is looked up and
    /// never read as 0. An id without an entry may be used: it belongs to the group of the same
    /// number unless one is given, to no other groups, and lives in `/` with `/bin/sh`.
    ///
    /// - Throws: `AccountError` for an unknown name, or a number that cannot be an id.
    package static func resolve(_ text: String) throws(AccountError) -> Credentials {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let userText = String(parts[0])
        guard !userText.isEmpty, parts.count == 1 || !parts[1].isEmpty else {
            throw AccountError(subject: text, reason: "must be 'name', 'name:group' or numbers")
        }
        var user: Credentials
        if let uid = try id(userText, of: text) {
            user =
                passwd({ getpwuid_r(uid, $0, $1, $2, $3) })
                ?? Credentials(
                    uid: uid,
                    gid: uid,
                    groups: [],
                    name: userText,
                    home: "/",
                    shell: "/bin/sh"
                )
        } else if let found = passwd({ getpwnam_r(userText, $0, $1, $2, $3) }) {
            user = found
        } else {
            throw AccountError(subject: text, reason: "no such user '\(userText)'")
        }
        guard parts.count == 2 else { return user }
        let groupText = String(parts[1])
        guard let gid = try id(groupText, of: text) ?? groupID(groupText) else {
            throw AccountError(subject: text, reason: "no such group '\(groupText)'")
        }
        // The list of a user always holds its primary group, so it depends on it.
        let groups = user.groups.isEmpty ? [] : supplementaryGroups(user.name, gid)
        user = Credentials(
            uid: user.uid,
            gid: gid,
            groups: groups,
            name: user.name,
            home: user.home,
            shell: user.shell
        )
        return user
    }

    /// Whom this process runs as.
    package static func current() -> Credentials {
        let uid = geteuid()
        return passwd({ getpwuid_r(uid, $0, $1, $2, $3) })
            ?? Credentials(
                uid: uid,
                gid: getegid(),
                groups: [],
                name: String(uid),
                home: "/",
                shell: "/bin/sh"
            )
    }

    /// The number a text of digits alone stands for; nil for a name.
    private static func id(_ text: String, of whole: String) throws(AccountError) -> UInt32? {
        guard text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
            return nil
        }
        // The highest number means "leave it as it is" to the kernel; 00 is a slip, not root.
        guard let number = UInt32(text), number != .max, text == String(number) else {
            throw AccountError(subject: whole, reason: "'\(text)' is not a user or group id")
        }
        return number
    }

    private typealias PasswdCall = (
        UnsafeMutablePointer<passwd>, UnsafeMutablePointer<CChar>, Int,
        UnsafeMutablePointer<UnsafeMutablePointer<passwd>?>
    ) -> Int32

    private static func passwd(_ call: PasswdCall) -> Credentials? {
        var entry = Glibc.passwd()
        var result: UnsafeMutablePointer<Glibc.passwd>?
        return withGrowingBuffer { buffer, size in
            call(&entry, buffer, size, &result)
        } then: {
            guard result != nil, let name = entry.pw_name else { return nil }
            let user = String(cString: name)
            return Credentials(
                uid: entry.pw_uid,
                gid: entry.pw_gid,
                groups: supplementaryGroups(user, entry.pw_gid),
                name: user,
                home: text(entry.pw_dir, or: "/"),
                shell: text(entry.pw_shell, or: "/bin/sh")
            )
        }
    }

    private static func text(_ pointer: UnsafeMutablePointer<CChar>?, or other: String) -> String {
        guard let pointer, pointer.pointee != 0 else { return other }
        return String(cString: pointer)
    }

    private static func groupID(_ name: String) -> UInt32? {
        var entry = group()
        var result: UnsafeMutablePointer<group>?
        return withGrowingBuffer { buffer, size in
            getgrnam_r(name, &entry, buffer, size, &result)
        } then: {
            result == nil ? nil : entry.gr_gid
        }
    }

    /// Calls with a larger buffer for as long as the answer does not fit; a group of thousands
    /// needs a large one.
    private static func withGrowingBuffer<Result>(
        _ call: (UnsafeMutablePointer<CChar>, Int) -> Int32,
        then read: () -> Result?
    ) -> Result? {
        var size = 4096
        while size <= 16 << 20 {
            let buffer = UnsafeMutablePointer<CChar>.allocate(capacity: size)
            defer { buffer.deallocate() }
            let outcome = call(buffer, size)
            if outcome == 0 { return read() }
            if outcome != ERANGE { return nil }
            size *= 4
        }
        return nil
    }

    private static func supplementaryGroups(_ name: String, _ gid: UInt32) -> [UInt32] {
        var count: Int32 = 64
        while count <= 65536 {
            var groups = [UInt32](repeating: 0, count: Int(count))
            let room = count
            if getgrouplist(name, gid, &groups, &count) >= 0 {
                return Array(groups.prefix(Int(count)))
            }
            count = max(count, room * 2)
        }
        return [gid]
    }
}
