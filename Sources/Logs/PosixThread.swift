// SPDX-License-Identifier: Apache-2.0

private import Glibc
import Platform
import SystemPackage

/// A thread of the operating system.
struct PosixThread: Sendable {
    private let handle: pthread_t

    private final class Body {
        let run: () -> Void

        init(_ run: @escaping () -> Void) {
            self.run = run
        }
    }

    /// Starts a thread that runs `body` once, with all signals left to the main thread.
    init(name: String, _ body: sending @escaping () -> Void) throws(SystemError) {
        var everything = sigset_t()
        var before = sigset_t()
        sigfillset(&everything)
        pthread_sigmask(SIG_SETMASK, &everything, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        let argument = Unmanaged.passRetained(Body(body))
        var handle = pthread_t()
        let failure = pthread_create(
            &handle,
            nil,
            { argument in
                if let argument { Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run() }
                return nil
            },
            argument.toOpaque()
        )
        guard failure == 0 else {
            argument.release()
            throw SystemError("pthread_create", name, errno: Errno(rawValue: failure))
        }
        self.handle = handle
    }

    /// Waits for the end of the thread; once only.
    func join() {
        pthread_join(handle, nil)
    }
}
