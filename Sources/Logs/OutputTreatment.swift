// SPDX-License-Identifier: Apache-2.0

package import Supervision

/// What is done with the output of a program beside writing it down.
///
/// Whoever hears something is called on the log thread and must not wait.
package struct OutputTreatment: Sendable {
    /// Takes bytes, and the process that has written them where that is known.
    package typealias Ear = @Sendable (_ bytes: [UInt8], _ run: PID?) -> Void

    /// Takes bytes that stay in the pipe until `LogCommand.heard`, and how many there are, which may
    /// be more; answers whether it has taken them.
    package typealias Question = @Sendable (_ bytes: [UInt8], _ count: Int) -> Bool

    /// Takes what stands between the tags of process communication out of the log.
    package struct Capture: Sendable {
        /// How many bytes of a message are kept, the last ones.
        let limit: Int
        let told: Ear

        package init(limit: Int, told: @escaping Ear) {
            self.limit = limit
            self.told = told
        }
    }

    /// Whether sequences that only a terminal understands are left out.
    package var stripsEscapes: Bool
    package var capture: Capture?
    /// Who is told of all that is written, messages among it.
    package var heard: Ear?
    /// Who is to have heard all that is written before it is taken out of the pipe.
    ///
    /// Should he die before, the next one hears it. Nothing else is done with it then.
    package var asks: Question?
    /// Counts at once what is lost, where it outlives this process.
    package var tally: (@Sendable (Int) -> Void)?
    /// Who has the pipe already.
    package var run: PID?
    /// Counts what is read.
    package var position: ReadPosition?

    package init(
        stripsEscapes: Bool = false,
        capture: Capture? = nil,
        heard: Ear? = nil,
        run: PID? = nil
    ) {
        self.run = run
        self.stripsEscapes = stripsEscapes
        self.capture = capture
        self.heard = heard
    }

    /// Everything goes to the log as it is, and nobody else needs to see it.
    package static let plain = OutputTreatment()

    var isPlain: Bool {
        !stripsEscapes && capture == nil && heard == nil && asks == nil
    }

    var scanner: OutputScanner {
        OutputScanner(stripsEscapes: stripsEscapes, findsMessages: capture != nil)
    }
}
