// SPDX-License-Identifier: Apache-2.0

import Platform
import SystemPackage

/// Why a log file cannot be used.
enum LogFileError: Error, Hashable, CustomStringConvertible {
    case call(SystemError)
    case unfit(path: String, FileStatus.Kind)
    case hardLinked(path: String)

    init(_ operation: String, _ path: String, _ errno: Errno) {
        self = .call(SystemError(operation, path, errno: errno))
    }

    var description: String {
        switch self {
        case .call(let error): error.description
        case .unfit(let path, let kind): "open \(path): is \(kind.rawValue), not a regular file"
        case .hardLinked(let path): "open \(path): has another name (hard link), refused as root"
        }
    }
}
