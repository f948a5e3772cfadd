// SPDX-License-Identifier: Apache-2.0

private import CSpawn
private import Glibc
package import Supervision
private import SystemPackage

/// Signals as data: what the daemon is sent can be read from a descriptor.
///
/// Make it before the first thread, so that all threads inherit the mask and none is interrupted.
/// Every signal that can be is taken; those that the processor raises (SIGSEGV, SIGBUS, SIGFPE,
/// SIGILL, SIGTRAP, SIGSYS) and SIGABRT end the process as always. SIGPIPE is ignored: a write
/// says EPIPE.
package struct SignalSource: ~Copyable {
    /// A signal and who sent it.
    package struct Received: Hashable, Sendable {
        package let signal: Signal
        /// The sender's pid, or for SIGCHLD the child's; 0 when the kernel sent it.
        package let sender: Int32
        /// The sender's real user id.
        package let senderUser: UInt32
    }

    /// Readable while signals wait.
    package let descriptor: OwnedDescriptor

    private static let leftAlone = [
        SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT, SIGPIPE, SIGKILL, SIGSTOP,
    ]

    /// Blocks the signals in the calling thread, and no others, and opens a `signalfd` for them.
    ///
    /// A disposition inherited from whoever started the daemon (nohup ignores SIGHUP, a careless
    /// parent SIGCHLD, which would make exit statuses vanish) is set back to its default.
    package init() throws(SystemError) {
        var taken = sigset_t()
        sigfillset(&taken)
        for number in Self.leftAlone { sigdelset(&taken, number) }
        for number in 1...64 where sigismember(&taken, Int32(number)) == 1 {
            signal(Int32(number), SIG_DFL)
        }
        signal(SIGPIPE, SIG_IGN)
        let refusal = pthread_sigmask(SIG_SETMASK, &taken, nil)
        guard refusal == 0 else {
            throw SystemError("pthread_sigmask", errno: Errno(rawValue: refusal))
        }
        descriptor = OwnedDescriptor(
            owning: try retrying("signalfd") {
                signalfd(-1, &taken, Int32(SFD_CLOEXEC | SFD_NONBLOCK))
            }
        )
    }

    /// Everything that has been sent since the last time; equal ones in a row may be one.
    package func read() -> [Received] {
        var received: [Received] = []
        let size = MemoryLayout<signalfd_siginfo>.size
        var buffer = [signalfd_siginfo](repeating: signalfd_siginfo(), count: 16)
        while true {
            let count = Glibc.read(descriptor.rawValue, &buffer, buffer.count * size)
            guard count >= size else { return received }
            for entry in buffer.prefix(count / size) {
                guard let signal = Signal(rawValue: Int32(entry.ssi_signo)) else { continue }
                received.append(
                    Received(
                        signal: signal,
                        sender: Int32(bitPattern: entry.ssi_pid),
                        senderUser: entry.ssi_uid
                    )
                )
            }
        }
    }
}
