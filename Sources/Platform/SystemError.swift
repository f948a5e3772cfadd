// SPDX-License-Identifier: Apache-2.0

private import Glibc
package import SystemPackage

/// A system call that failed: what was attempted, on what, and why.
package struct SystemError: Error, Hashable, Sendable {
    /// The system call or the step, as in `open`.
    package let operation: String
    /// What it was tried on, as in a path; empty where there is nothing to name.
    package let subject: String
    package let errno: Errno

    package init(_ operation: String, _ subject: String = "", errno: Errno) {
        self.operation = operation
        self.subject = subject
        self.errno = errno
    }

    /// Captures errno of the call that has just failed.
    package static func last(_ operation: String, _ subject: String = "") -> SystemError {
        SystemError(operation, subject, errno: Errno(rawValue: Glibc.errno))
    }
}

extension SystemError: CustomStringConvertible {
    /// One line such as `open /var/log/x: Permission denied`.
    package var description: String {
        subject.isEmpty ? "\(operation): \(errno)" : "\(operation) \(subject): \(errno)"
    }
}

/// Runs a call that answers -1 on failure, again for as long as a signal interrupts it.
///
/// - Throws: `SystemError` with the errno of the call.
package func retrying<Result: SignedInteger>(
    _ operation: String,
    _ subject: @autoclosure () -> String = "",
    _ call: () -> Result
) throws(SystemError) -> Result {
    while true {
        let result = call()
        if result != -1 { return result }
        if Glibc.errno != EINTR { throw .last(operation, subject()) }
    }
}
