// SPDX-License-Identifier: Apache-2.0

/// What has become of the files since they were read.
extension ConfigurationRecording {
    /// The files that another reading would find different: changed, gone, or new to an `include`.
    ///
    /// What a file holds counts, not when it was written, so one that was merely touched is the
    /// same. One that may not be read any more is left out: nothing can be said of it. Asks the
    /// disk, and may hang with it.
    package func changedFiles() -> [String] {
        var changed: Set<String> = []
        for (path, reading) in readings {
            switch reading {
            case .contents(let bytes, _):
                if FileSystem.holds(path, bytes) == false { changed.insert(path) }
            case .refused:
                if FileSystem.holdsFile(path) { changed.insert(path) }
            }
        }
        for (pattern, matches) in matches {
            guard case .paths(let paths) = matches,
                let found = try? FileSystem.matches(of: pattern)
            else { continue }
            changed.formUnion(Set(found).symmetricDifference(paths))
        }
        return changed.sorted()
    }
}
