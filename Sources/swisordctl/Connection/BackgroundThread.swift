// SPDX-License-Identifier: Apache-2.0

private import Glibc

/// A thread that nobody waits for; it ends with its work or with the process.
enum BackgroundThread {
    private final class Work {
        let body: @Sendable () -> Void

        init(_ body: @escaping @Sendable () -> Void) {
            self.body = body
        }
    }

    /// Does the work on a thread of its own; not at all where there are no threads to be had.
    static func run(_ body: @escaping @Sendable () -> Void) {
        var thread = pthread_t()
        let work = Unmanaged.passRetained(Work(body))
        let refusal = pthread_create(
            &thread,
            nil,
            { pointer in
                guard let pointer else { return nil }
                Unmanaged<Work>.fromOpaque(pointer).takeRetainedValue().body()
                return nil
            },
            work.toOpaque()
        )
        if refusal == 0 {
            pthread_detach(thread)
        } else {
            work.release()
        }
    }
}
