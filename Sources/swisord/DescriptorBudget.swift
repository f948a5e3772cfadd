// SPDX-License-Identifier: Apache-2.0

import Platform
import SystemPackage

/// How many outputs may be read at a time with the descriptors that this process may have.
///
/// The pipe of an output, and its log once there was something for it, are open as long as their
/// process is in the configuration. Were they given all there are, no program that crashed could
/// be started again, and no client answered; so those that come last get none, and say so.
final class DescriptorBudget {
    /// For the daemon itself: threads, sockets, clients, and the start of a program.
    static let reserve: UInt64 = 40
    /// A pipe, a log, and what watches the process, of which two outputs have one.
    static let each: UInt64 = 3

    /// What so many programs need, and some clients.
    static func need(of programs: Int) -> Int {
        programs * 2 * Int(each) + Int(reserve) + 200
    }

    private let limit: UInt64
    private var outputs: UInt64 = 0

    init(limit: UInt64) {
        self.limit = limit
    }

    /// With RLIMIT_NOFILE as it is now.
    convenience init() {
        self.init(limit: (try? FileLimits.current())?.soft ?? .max)
    }

    /// Takes what one more output needs.
    ///
    /// - Throws: EMFILE when only the reserve is left.
    func take() throws(SystemError) {
        guard (outputs + 1) * Self.each + Self.reserve <= limit else {
            throw SystemError("pipe", "", errno: .tooManyOpenFiles)
        }
        outputs += 1
    }

    /// Takes back what an output had.
    func giveBack() {
        outputs -= min(outputs, 1)
    }
}
