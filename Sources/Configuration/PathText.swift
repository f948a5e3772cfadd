// SPDX-License-Identifier: Apache-2.0

/// Paths as the file spells them, made absolute.
///
/// A path is bytes to the kernel: a slash is one also where it makes up a character together with
/// an accent that follows it. So it is looked for in UTF-8.
package enum PathText {
    private static let slash = UInt8(ascii: "/")

    /// Makes `path` absolute, without `.` and doubled slashes.
    ///
    /// - Parameters:
    ///   - path: The path as written; `~` and `~/` stand for `home`.
    ///   - directory: The absolute directory that a relative path starts from.
    ///   - home: The home directory of the daemon's user.
    /// - Returns: The path, or nil for `~name`.
    package static func absolute(_ path: String, in directory: String, home: String) -> String? {
        if path == "~" { return tidy(home) }
        if path.hasPrefix("~/") { return tidy(home + "/" + path.dropFirst(2)) }
        if path.hasPrefix("~") { return nil }
        return tidy(path.utf8.first == slash ? path : directory + "/" + path)
    }

    /// An absolute path without `.` and doubled slashes; `..` stays, for links may stand before it.
    package static func tidy(_ path: String) -> String {
        if isTidy(path) { return path }
        return "/" + parts(of: path).filter { $0 != "." }.joined(separator: "/")
    }

    /// An absolute path with `..` taken out as well, to compare paths that may not exist yet.
    package static func folded(_ path: String) -> String {
        if isTidy(path) { return path }
        var parts: [Substring] = []
        for part in Self.parts(of: path) where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return "/" + parts.joined(separator: "/")
    }

    /// The directory that holds what `path` names, for an absolute path.
    package static func parent(of path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: Self.slash), slash != path.startIndex else {
            return "/"
        }
        return String(path[..<slash])
    }

    /// Whether it is for certain that there is nothing to take out, as it is with nearly all paths: a
    /// thousand are looked at whenever a manager takes over.
    private static func isTidy(_ path: String) -> Bool {
        var isAfterSlash = false
        for byte in path.utf8 {
            if isAfterSlash, byte == slash || byte == UInt8(ascii: ".") { return false }
            isAfterSlash = byte == slash
        }
        return path.utf8.first == slash && !isAfterSlash
    }

    private static func parts(of path: String) -> [Substring] {
        path.utf8.split(separator: slash).map { Substring($0) }
    }
}
