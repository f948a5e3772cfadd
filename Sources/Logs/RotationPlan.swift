// SPDX-License-Identifier: Apache-2.0

/// Which files get which names when a log is full.
///
/// A full log becomes `.1`, what was `.1` becomes `.2`, and so on up to the first name that is
/// free, or up to the last one, whose file is replaced. A rotation that was cut short leaves a
/// free name in the row; the next one fills it, and no file is replaced that need not be.
struct RotationPlan: Equatable {
    /// One renaming; index 0 is the log itself.
    struct Renaming: Equatable {
        let from: Int
        let to: Int
    }

    /// In the order in which they must be done; empty when the log is to be emptied instead.
    let renamings: [Renaming]

    /// - Parameters:
    ///   - backups: how many old files are kept.
    ///   - exists: whether the backup with this index (1 or more) is there.
    init(backups: Int, exists: (Int) -> Bool) {
        guard backups > 0 else {
            renamings = []
            return
        }
        var free = 1
        while free < backups, exists(free) { free += 1 }
        renamings = (1...free).reversed().map { Renaming(from: $0 - 1, to: $0) }
    }

    /// The name of a backup of the log at `path`; index 0 is the log itself.
    static func name(of path: String, _ index: Int) -> String {
        index == 0 ? path : "\(path).\(index)"
    }
}
