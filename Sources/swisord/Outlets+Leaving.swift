// SPDX-License-Identifier: Apache-2.0

import Configuration
import Logs
import Platform
import Supervision

/// Letting go of pipes: each is read to the end, whoever dies meanwhile.
extension Outlets {
    /// Leaves a pipe to its log thread; the next run gets another.
    mutating func leave(_ outlet: inout Outlet) {
        guard outlet.channel != nil else { return }
        detach(&outlet)
        store.leave(outlet.id)
    }

    /// Leaves a pipe to a log thread that is moving its bytes and does not come back.
    ///
    /// Whoever opens the pipe meanwhile, which is the core, may hang as long as the disk does. The
    /// next run gets a pipe of its own.
    mutating func leaveHungPipes(of child: Child) {
        if isHung(child.stdout) { leave(&child.stdout) }
        if isHung(child.stderr) { leave(&child.stderr) }
    }

    private func isHung(_ outlet: Outlet) -> Bool {
        outlet.channel?.turn.isIdle(within: Self.patience) == false
    }

    /// What a disk may take for what is in a pipe; the core waits for so long, once for each disk.
    private static let patience = Duration.milliseconds(50)

    /// Writes what is left in the pipes of a process that is gone, and lets go of them.
    mutating func close(_ child: Child) {
        detach(&child.stdout)
        detach(&child.stderr)
        closeInput(of: child)
        giveBackShare(of: child)
    }

    /// As `close`, of a process that is in the configuration no more: what is kept of it is
    /// forgotten as soon as its pipes have been read.
    ///
    /// - Returns: Whether there is nothing to be read.
    mutating func closeForGood(_ child: Child) -> Bool {
        close(child)
        return left.end(child.id, child.losses)
    }

    private mutating func detach(_ outlet: inout Outlet) {
        guard let channel = outlet.channel else { return }
        readToEnd(outlet.id)
        budget.giveBack()
        outlet.channel = nil
        if case .fifo(let path, _, _) = channel { ThisProcess.unlink(path) }
    }

    private mutating func readToEnd(_ stream: StreamID) {
        let token = makeToken()
        left.leave(stream, answeredBy: token)
        logs.post(.detach(stream, token))
    }

    /// A log thread has read so far; lets go of what is of no use any more.
    ///
    /// - Returns: What has been lost of the output of one that is gone, once all of it has been read.
    mutating func hasRead(_ token: LogToken) -> OutputLosses? {
        switch left.answered(token) {
        case .pipe(let stream):
            store.dropLeft(stream)
            return nil
        case .member(let id, let losses):
            store.forget(id)
            return losses
        case nil: return nil
        }
    }

    // MARK: - After the death of a manager

    /// Goes on reading what a process has written, for which another manager has made the pipes.
    ///
    /// - Parameters:
    ///   - child: The process.
    ///   - run: Who has the pipes now; nil for nobody.
    ///   - readers: The readers of its pipes: of standard error for true.
    mutating func reattach(_ child: Child, _ run: PID?, _ readers: (Bool) -> KeptReaders) {
        let stdout = target(of: child.stdout, of: child)
        let stderr = target(of: child.stderr, of: child)
        reattach(&child.stdout, to: stdout, readers(false), child, run)
        reattach(&child.stderr, to: stderr, readers(true), child, run)
    }

    private mutating func reattach(
        _ outlet: inout Outlet,
        to target: LogTarget,
        _ readers: consuming KeptReaders,
        _ child: Child,
        _ run: PID?
    ) {
        if let left = readers.left.take() {
            let treatment = treatment(of: outlet, of: child, nil)
            logs.post(
                .attach(outlet.id, reader: left.release(), target, treatment, isNew: false)
            )
            readToEnd(outlet.id)
        }
        let fifo = mayHaveFifos ? outlet.fifo : nil
        guard let reader = readers.present.take(),
            let channel = Outlet.Channel(of: reader, fifo: fifo, logs.makeTurn())
        else { return }
        outlet.channel = channel
        // It had its share when it was made; what is over now is missed by whoever comes next.
        try? budget.take()
        if readers.isFound { store.keep(reader, of: outlet.id) }
        let treatment = treatment(of: outlet, of: child, run)
        let end = outlet.end
        logs.post(
            .attach(
                outlet.id,
                reader: reader.release(),
                turn: channel.turn,
                target,
                treatment,
                isNew: false
            )
        )
        // Nobody goes on with what the last run had begun to write; the next may begin any time.
        if run == nil { endWords(of: outlet, at: end) }
    }
}

/// The readers of the pipes of an output, as another manager has left them.
struct KeptReaders: ~Copyable {
    var present: OwnedDescriptor?
    /// Of the pipe that the output had before, where not all has been read.
    var left: OwnedDescriptor?
    /// Whether the present one is not at the guardian.
    private(set) var isFound = false

    /// Whether the present one reads this pipe.
    func hasPipe(_ inode: UInt64) -> Bool {
        switch present {
        case .some(let reader): OutputPipe.inode(of: reader) == inode
        case .none: false
        }
    }

    /// The program has this one; what was taken for the present one is that which it had before.
    mutating func wasFound(_ reader: consuming OwnedDescriptor) {
        if let before = present.take() { left = consume before }
        present = consume reader
        isFound = true
    }
}
