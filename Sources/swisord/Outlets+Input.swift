// SPDX-License-Identifier: Apache-2.0

import Configuration
import Platform
import Supervision
import SystemPackage

/// The pipes that programs read from; each run has one of its own.
extension Outlets {
    /// Makes the input of the run that is to be made, where one is wanted.
    ///
    /// - Returns: What the program reads from; nil for nothing.
    func openInput(of child: Child) throws(SpawnFailure) -> OwnedDescriptor? {
        closeInput(of: child)
        guard child.configuration.stdin == .pipe else {
            giveBackShare(of: child)
            return nil
        }
        do throws(SystemError) {
            try takeShare(for: child)
            let pipe = try InputPipe(owner: child.credentials)
            return take(pipe, for: child)
        } catch {
            throw SpawnFailure(
                step: .input,
                subject: "stdin",
                errorNumber: error.errno.rawValue,
                reason: error.errno.description,
                isPermanent: false
            )
        }
    }

    private func take(
        _ pipe: consuming InputPipe,
        for child: Child
    ) -> OwnedDescriptor {
        store.keepInput(pipe.writer, of: child.id)
        let (end, writer) = pipe.parts()
        child.input = ProgramInput(OwnedDescriptor(owning: writer))
        return OwnedDescriptor(owning: end)
    }

    /// Takes up the input of a run that an earlier manager has made.
    func resumeInput(_ writer: consuming OwnedDescriptor, of child: Child) {
        store.keepInput(writer, of: child.id)
        // What is over now is missed by whoever comes next.
        try? takeShare(for: child)
        child.input = ProgramInput(writer)
    }

    /// Lets go of the input of a run that has ended.
    func closeInput(of child: Child) {
        guard child.input != nil else { return }
        child.input = nil
        store.dropInput(of: child.id)
    }

    /// Sets aside what the inputs of all runs of a process need, one after the other: before its
    /// outputs, and those of others, have taken all there is.
    func takeShare(for child: Child) throws(SystemError) {
        guard !child.hasInputShare else { return }
        try budget.take()
        child.hasInputShare = true
    }

    /// Gives back what was set aside for the inputs of a process.
    func giveBackShare(of child: Child) {
        guard child.hasInputShare else { return }
        budget.giveBack()
        child.hasInputShare = false
    }
}
