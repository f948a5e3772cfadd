// SPDX-License-Identifier: Apache-2.0

import Platform
import SystemPackage

/// Why a log file cannot be used.
enum LogFileError: Error, Hashable, CustomStringConvertible {
    case call(SystemError)
    case unfit(path: String, FileStatus.Kind)
    case hardLinked(path: String)
    /// It belongs neither to root nor to the program's user.
    case foreign(path: String, owner: UInt32)
    /// The way to it leads over a symbolic link that others than root can change.
    case linked(path: String)

    init(_ operation: String, _ path: String, _ errno: Errno) {
        self = .call(SystemError(operation, path, errno: errno))
    }

    /// Whether there is nothing of that name.
    var isAbsence: Bool {
        if case .call(let error) = self { error.errno == .noSuchFileOrDirectory } else { false }
    }

    var description: String {
        switch self {
        case .call(let error): error.description
        case .unfit(let path, let kind): "open \(path): is \(kind.rawValue), not a regular file"
        case .hardLinked(let path): "open \(path): has another name (hard link), refused as root"
        case .foreign(let path, let owner): "open \(path): belongs to uid \(owner), refused as root"
        case .linked(let path):
            "open \(path): a directory above is a symbolic link of others, refused as root"
        }
    }
}
