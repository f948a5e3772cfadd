// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing

/// Runs each test on a thread of its own.
///
/// A scenario mostly waits for other processes. On the shared threads, of which there are as many
/// as processors, it would keep others from running, and they would eat up its deadlines.
struct ScenarioTrait: SuiteTrait, TestTrait, TestScoping {
    var isRecursive: Bool { true }

    func provideScope(
        for test: Test,
        testCase: Test.Case?,
        performing function: @Sendable @concurrent () async throws -> Void
    ) async throws {
        guard testCase != nil else {
            try await function()
            return
        }
        try await withTaskExecutorPreference(ThreadPerJob.shared) {
            Turnstile.shared.enter()
            defer { Turnstile.shared.leave() }
            try await function()
        }
    }
}

extension Trait where Self == ScenarioTrait {
    static var scenarios: Self { Self() }
}

/// Lets in so many scenarios at a time.
///
/// Each has a daemon and programs of its own, and a hundred of them together would wait for the
/// processors rather than for what they test. A place is a byte in a pipe: entering reads one, and
/// waits while there is none.
private struct Turnstile: Sendable {
    static let shared = Turnstile(places: 16)

    private let taken: Int32
    private let freed: Int32

    private init(places: Int) {
        var ends: [Int32] = [-1, -1]
        let made = pipe(&ends)
        precondition(made == 0, "no pipe: \(errno)")
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        taken = ends[0]
        freed = ends[1]
        for _ in 0..<places { leave() }
    }

    func enter() {
        var place: UInt8 = 0
        while read(taken, &place, 1) < 0, errno == EINTR {}
    }

    func leave() {
        var place: UInt8 = 0
        while write(freed, &place, 1) < 0, errno == EINTR {}
    }
}

/// An executor that makes a thread for every job.
private final class ThreadPerJob: TaskExecutor {
    static let shared = ThreadPerJob()

    private final class Work {
        let job: UnownedJob
        init(_ job: UnownedJob) { self.job = job }
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let work = Unmanaged.passRetained(Work(UnownedJob(job)))
        var thread = pthread_t()
        let code = pthread_create(
            &thread,
            nil,
            { pointer in
                guard let pointer else { return nil }
                let work = Unmanaged<Work>.fromOpaque(pointer).takeRetainedValue()
                work.job.runSynchronously(on: ThreadPerJob.shared.asUnownedTaskExecutor())
                return nil
            },
            work.toOpaque()
        )
        if code == 0 {
            pthread_detach(thread)
        } else {
            work.takeRetainedValue().job.runSynchronously(on: asUnownedTaskExecutor())
        }
    }
}
