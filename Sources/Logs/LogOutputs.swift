// SPDX-License-Identifier: Apache-2.0

import Supervision

/// The outputs of one log thread, so that what is one file or descriptor has one owner.
struct LogOutputs {
    private var files: [String: LogOutput] = [:]
    private(set) var inherited: [Int32: InheritedOutput] = [:]

    /// The output for a target; a file of that name is used again, with the new settings.
    ///
    /// A file that is new has yet to be opened.
    mutating func output(for target: LogTarget) -> LogOutput {
        switch target {
        case .discard:
            return LogOutput(.discard)
        case .both(let target, _):
            return output(for: target)
        case .syslog(let tag):
            return LogOutput(.syslog(SyslogSink(tag: tag)))
        case .inherit(let descriptor, let prefix):
            let lines = PrefixedLines(prefix: prefix)
            return LogOutput(.inherit(inherit(descriptor), lines: lines))
        case .file(let settings):
            if let descriptor = Self.ownDescriptor(named: settings.path) {
                return LogOutput(.inherit(inherit(descriptor), lines: nil))
            }
            if let output = files[settings.path] {
                output.file?.settings = settings
                return output
            }
            let output = LogOutput(.file(RotatingFile(unopened: settings)))
            files[settings.path] = output
            return output
        }
    }

    /// The one way to a descriptor of the daemon's own.
    mutating func inherit(_ number: Int32) -> InheritedOutput {
        if let output = inherited[number] { return output }
        let output = InheritedOutput(number)
        inherited[number] = output
        return output
    }

    /// Closes the file of an output that a stream has left, if that was the last one.
    mutating func leave(_ output: LogOutput) {
        guard output.users == 0, let path = output.file?.settings.path else { return }
        if files[path] === output { files[path] = nil }
    }

    /// Opens all files anew.
    func reopen(at now: Instant) {
        for file in files.values.compactMap(\.file) {
            if file.isUnopened { file.look(at: now) } else { file.reopen() }
        }
    }

    /// Which descriptor a path such as `/dev/stdout` means.
    static func ownDescriptor(named path: String) -> Int32? {
        switch path {
        case "/dev/stdout": return 1
        case "/dev/stderr": return 2
        default:
            for prefix in ["/dev/fd/", "/proc/self/fd/"] where path.hasPrefix(prefix) {
                return Int32(path.dropFirst(prefix.count))
            }
            return nil
        }
    }
}
