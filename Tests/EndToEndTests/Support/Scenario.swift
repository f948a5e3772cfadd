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
        try await withTaskExecutorPreference(ThreadPerJob.shared) { try await function() }
    }
}

extension Trait where Self == ScenarioTrait {
    static var scenarios: Self { Self() }
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
