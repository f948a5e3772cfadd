// SPDX-License-Identifier: Apache-2.0

private import Glibc

/// Where bytes go: a descriptor, or a test's memory.
protocol OutputSink: Sendable {
    func write(_ bytes: [UInt8])
}

/// Writes to a descriptor that the process was started with.
struct DescriptorSink: OutputSink {
    let descriptor: Int32

    /// Ends the process when nobody can read on: there is nothing left to do for anyone.
    func write(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count >= 0 {
                rest = rest.dropFirst(count)
            } else if errno == EAGAIN {
                var wanted = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                poll(&wanted, 1, -1)
            } else if errno != EINTR {
                abandon(errno)
            }
        }
    }

    /// A closed pipe is how `| head` says that it has seen enough; all else is told.
    private func abandon(_ code: Int32) -> Never {
        guard code == EPIPE else {
            let text = "swisordctl: cannot write to descriptor \(descriptor): \(errorText(code))\n"
            _ = Array(text.utf8).withUnsafeBytes { Glibc.write(2, $0.baseAddress, $0.count) }
            exit(1)
        }
        exit(128 + SIGPIPE)
    }
}

/// The C library's words for an error number.
func errorText(_ code: Int32) -> String {
    strerror(code).map { String(cString: $0) } ?? "error \(code)"
}
