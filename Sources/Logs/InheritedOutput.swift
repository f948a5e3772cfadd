// SPDX-License-Identifier: Apache-2.0

private import Glibc
import Platform
import SystemPackage

/// One of the daemon's own descriptors, shared by all that write to it; never waited for.
///
/// A pipe or terminal is opened a second time so that it can be non-blocking for us and stay
/// as it is for those who share it. What its reader does not take is kept, up to a limit; beyond
/// that new output is refused whole, so that lines stay whole.
final class InheritedOutput {
    let number: Int32
    private var box: DescriptorBox?
    private var pending: [UInt8] = []
    private var start = 0
    private var givenUp = 0
    /// Whether the reactor watches for room.
    private var isWatched = false
    private(set) var trouble: String?

    private static let capacity = 1024 * 1024
    /// A pipe takes this much as a whole or not at all (PIPE_BUF), so other writers' lines stay
    /// outside of ours.
    private static let atomic = 4096

    init(_ number: Int32) {
        self.number = number
        do {
            box = DescriptorBox(try Self.open(number))
        } catch {
            trouble = "open descriptor \(number): \(error)"
        }
    }

    private static func open(_ number: Int32) throws(Errno) -> OwnedDescriptor {
        let shared = try OwnedDescriptor.duplicate(of: number)
        switch try shared.status().kind {
        case .pipe, .characterDevice:
            let own = try? OwnedDescriptor.open(
                "/proc/self/fd/\(number)",
                O_WRONLY | O_NONBLOCK
            )
            if let own { return own }
            return shared
        case .regular, .directory, .link, .other:
            return shared
        }
    }

    /// Whether something waits for the reader.
    var isPending: Bool { start < pending.count }

    /// Has the reactor tell when there is room, as long as something waits for it.
    func watch(_ reactor: borrowing Reactor, token: UInt64) {
        guard let box, isPending != isWatched else { return }
        if isPending {
            isWatched = (try? reactor.add(box.descriptor, token: token, for: .writable)) != nil
        } else {
            try? reactor.remove(box.descriptor)
            isWatched = false
        }
    }

    /// Takes these bytes, all or none; answers how many have been given up since the last call.
    func offer(_ bytes: [UInt8]) -> Int {
        defer { givenUp = 0 }
        guard pending.count - start + bytes.count <= Self.capacity else {
            trouble = "write descriptor \(number): its reader does not keep up"
            return givenUp + bytes.count
        }
        if start == pending.count {
            pending.removeAll(keepingCapacity: true)
            start = 0
        }
        pending += bytes
        flush()
        return givenUp
    }

    /// Writes what the reader takes.
    func flush() {
        while isPending {
            do {
                start += try writeSome()
                trouble = nil
            } catch .wouldBlock {
                compact()
                return
            } catch {
                trouble = "write descriptor \(number): \(error)"
                givenUp += pending.count - start
                pending.removeAll()
                start = 0
                return
            }
        }
        pending.removeAll(keepingCapacity: pending.capacity <= 64 * 1024)
        start = 0
    }

    private func writeSome() throws(Errno) -> Int {
        guard let box else { throw .badFileDescriptor }
        // Where it could not be opened again it may be a blocking one.
        guard box.descriptor.canBeWritten() else { throw .wouldBlock }
        let chunk = pending[start...].prefix(Self.atomic)
        let end = chunk.lastIndex(of: 0x0A).map { $0 + 1 } ?? chunk.endIndex
        return try box.descriptor.write(pending[start..<end])
    }

    private func compact() {
        guard start > Self.capacity / 2 else { return }
        pending.removeFirst(start)
        start = 0
    }

    /// Waits a little for the reader to take the rest; for the end of the thread.
    func finish(withinMilliseconds limit: Int32) {
        for _ in 0..<max(1, limit / 10) where isPending {
            flush()
            if isPending { _ = box?.descriptor.canBeWritten(within: 10) }
        }
    }
}
