// SPDX-License-Identifier: Apache-2.0

/// Whether root may believe a file: what it says is run as root.
///
/// A file is believed when nobody but root, or the daemon's own user, can change it or put
/// another in its place: neither through the file nor through a directory on the way to it.
struct Trust {
    var trustedUsers: Set<UInt32>

    /// Looks for a reason not to believe the file at `path`.
    ///
    /// - Parameters:
    ///   - path: The absolute path it was opened by.
    ///   - facts: Its owner and mode, taken from the open file.
    ///   - inquiry: Tells of the directories on the way to it.
    /// - Returns: The reason, or nil when there is none.
    func objection(
        to path: String,
        facts: FileSystem.Facts,
        _ inquiry: Inquiry
    ) -> String? {
        if let reason = objection(to: facts, isDirectory: false) {
            return "root does not read a file that others may change: \(reason)"
        }
        let resolved = inquiry.resolved(path) ?? path
        for directory in ancestors(of: path) + ancestors(of: resolved) {
            guard let facts = inquiry.facts(of: directory),
                let reason = objection(to: facts, isDirectory: true)
            else { continue }
            return "root does not read a file that others may replace: \(directory): \(reason)"
        }
        return nil
    }

    /// The rule for one file or directory.
    func objection(to facts: FileSystem.Facts, isDirectory: Bool) -> String? {
        guard trustedUsers.contains(facts.owner) else {
            return "it belongs to user \(facts.owner); make it root's"
        }
        guard facts.isWritableByOthers, !(isDirectory && facts.isSticky) else { return nil }
        return
            "its mode is 0\(String(facts.mode, radix: 8)); take group and others the right to write"
    }

    private func ancestors(of path: String) -> [String] {
        var result: [String] = []
        var directory = path
        while directory != "/" {
            directory = PathText.parent(of: directory)
            result.append(directory)
        }
        return result
    }
}
