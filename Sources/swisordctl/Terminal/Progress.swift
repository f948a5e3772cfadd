// SPDX-License-Identifier: Apache-2.0

private import Synchronization

/// A line like `comsol: stopping… 3 s` that is rewritten each second until the wait is over.
///
/// Nothing is shown for a wait shorter than a second. The task that counts may be late; it never
/// writes after `end`.
final class Progress: Sendable {
    private struct State {
        var isOver = false
        var isShown = false
    }

    private let text: String
    private let output: any OutputSink
    private let state = Mutex(State())

    init(_ text: String, on output: any OutputSink) {
        self.text = text
        self.output = output
    }

    func begin() {
        Task.detached { [self] in
            var seconds = 0
            repeat {
                try? await Task.sleep(for: .seconds(1))
                seconds += 1
            } while show(seconds)
        }
    }

    /// Rewrites the line; false once the wait is over.
    func show(_ seconds: Int) -> Bool {
        state.withLock { state in
            guard !state.isOver else { return false }
            state.isShown = true
            output.write(Array("\r\(text)… \(seconds) s\u{1b}[K".utf8))
            return true
        }
    }

    /// Takes the line away.
    func end() {
        state.withLock { state in
            if state.isShown { output.write(Array("\r\u{1b}[K".utf8)) }
            state.isOver = true
        }
    }
}
