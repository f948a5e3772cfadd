// SPDX-License-Identifier: Apache-2.0

private import Glibc

/// The file that keeps what was typed at the shell, for its owner only.
enum HistoryFile {
    /// `$XDG_STATE_HOME/swisord/history`; nil where there is no home.
    static func path(stateHome: String?, home: String?) -> String? {
        if let stateHome, stateHome.hasPrefix("/") { return stateHome + "/swisord/history" }
        guard let home, home.hasPrefix("/") else { return nil }
        return home + "/.local/state/swisord/history"
    }

    /// Makes the file and the folders to it, readable for nobody else from birth.
    static func prepare(_ path: String) -> Bool {
        for index in path.indices.dropFirst() where path[index] == "/" {
            mkdir(String(path[..<index]), 0o700)
        }
        let descriptor = open(path, O_CREAT | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return fchmod(descriptor, 0o600) == 0
    }
}
