// SPDX-License-Identifier: Apache-2.0

/// Paths as the file spells them, made absolute.
package enum PathText {
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
        return tidy(path.hasPrefix("/") ? path : directory + "/" + path)
    }

    /// An absolute path without `.` and doubled slashes; `..` stays, for links may stand before it.
    package static func tidy(_ path: String) -> String {
        "/" + path.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
    }

    /// An absolute path with `..` taken out as well, to compare paths that may not exist yet.
    package static func folded(_ path: String) -> String {
        var parts: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return "/" + parts.joined(separator: "/")
    }

    /// The directory that holds what `path` names, for an absolute path.
    package static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return "/" }
        return String(path[..<slash])
    }
}
