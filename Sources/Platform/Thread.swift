// SPDX-License-Identifier: Apache-2.0

private import CSpawn
private import Glibc
private import SystemPackage

/// A thread of the daemon: named, owned by whoever started it, and joined by him.
///
/// It inherits the signal mask, so start it after the `SignalSource` was made. One that is let go
/// of without `join` runs on by itself.
package struct Thread: ~Copyable {
    private let handle: pthread_t

    /// Starts a thread.
    ///
    /// - Parameters:
    ///   - name: What ps and top show, at most 15 bytes of it.
    ///   - body: What the thread does; it takes along what it captures.
    /// - Throws: `SystemError` with EAGAIN when there are no threads to be had.
    package init(name: String, body: sending @escaping () -> Void) throws(SystemError) {
        var handle = pthread_t()
        let work = Unmanaged.passRetained(Work(body))
        let refusal = pthread_create(
            &handle,
            nil,
            { pointer in
                guard let pointer else { return nil }
                Unmanaged<Work>.fromOpaque(pointer).takeRetainedValue().body()
                return nil
            },
            work.toOpaque()
        )
        guard refusal == 0 else {
            work.release()
            throw SystemError("pthread_create", name, errno: Errno(rawValue: refusal))
        }
        swisord_name_thread(handle, name)
        self.handle = handle
    }

    deinit {
        pthread_detach(handle)
    }

    /// Waits until the thread has come to its end.
    package consuming func join() {
        pthread_join(handle, nil)
        discard self
    }

    /// Carries the closure through C.
    private final class Work {
        let body: () -> Void

        init(_ body: @escaping () -> Void) {
            self.body = body
        }
    }
}
