// SPDX-License-Identifier: Apache-2.0

private import CSpawn
private import Glibc
private import Supervision
import SystemPackage

/// Waits for many descriptors at once; the corresponding system calls are those of `epoll`.
///
/// Each descriptor is known by a token that its owner chose. Level-triggered: what is not read
/// is told again.
///
/// Remove a descriptor before it is closed. The kernel forgets a closed one only when its last copy
/// goes, and a child on its way to exec has copies of all: until then it is told, and cannot be
/// removed any more.
package struct Reactor: ~Copyable {
    /// What a descriptor is watched for, or found to be.
    package struct Readiness: OptionSet, Hashable, Sendable {
        package let rawValue: UInt32

        package init(rawValue: UInt32) {
            self.rawValue = rawValue
        }

        package static let readable = Readiness(rawValue: EPOLLIN.rawValue)
        package static let writable = Readiness(rawValue: EPOLLOUT.rawValue)
        /// The other side has gone; told whether asked for or not.
        package static let hangup = Readiness(rawValue: EPOLLHUP.rawValue)
        package static let error = Readiness(rawValue: EPOLLERR.rawValue)
    }

    /// One descriptor that is ready.
    package struct Event: Hashable, Sendable {
        package let token: UInt64
        package let readiness: Readiness
    }

    private let epoll: OwnedDescriptor
    private var buffer: [epoll_event]
    private let waiting = Waiting()

    /// Makes a reactor that reports at most `batch` descriptors a wait.
    package init(batch: Int = 256) throws(SystemError) {
        epoll = OwnedDescriptor(
            owning: try retrying("epoll_create1") { epoll_create1(Int32(EPOLL_CLOEXEC)) }
        )
        buffer = [epoll_event](repeating: epoll_event(), count: batch)
    }

    /// Starts to watch a descriptor (EPOLL_CTL_ADD); for `[]`, its hangup and errors alone.
    ///
    /// One that the kernel has no memory or no watch for is told as ready every so often, until it
    /// has: who owns it looks and may find nothing.
    package func add(
        _ descriptor: borrowing OwnedDescriptor,
        token: UInt64,
        for interest: Readiness = .readable
    ) throws(SystemError) {
        do throws(SystemError) {
            try control(EPOLL_CTL_ADD, descriptor.rawValue, token, interest)
        } catch {
            guard error.errno == .noMemory || error.errno == .noSpace else { throw error }
            setAside(descriptor, token: token, for: interest)
        }
    }

    /// Keeps what cannot be watched now.
    func setAside(
        _ descriptor: borrowing OwnedDescriptor,
        token: UInt64,
        for interest: Readiness
    ) {
        waiting.all[descriptor.rawValue] = Event(token: token, readiness: interest)
    }

    /// Changes what a descriptor is watched for (EPOLL_CTL_MOD); nothing keeps it quiet.
    package func modify(
        _ descriptor: borrowing OwnedDescriptor,
        token: UInt64,
        for interest: Readiness
    ) throws(SystemError) {
        guard waiting.all[descriptor.rawValue] == nil else {
            return setAside(descriptor, token: token, for: interest)
        }
        try control(EPOLL_CTL_MOD, descriptor.rawValue, token, interest)
    }

    /// Stops watching a descriptor (EPOLL_CTL_DEL).
    package func remove(_ descriptor: borrowing OwnedDescriptor) throws(SystemError) {
        if waiting.all.removeValue(forKey: descriptor.rawValue) != nil { return }
        try control(EPOLL_CTL_DEL, descriptor.rawValue, 0, [])
    }

    private func control(
        _ operation: Int32,
        _ descriptor: Int32,
        _ token: UInt64,
        _ interest: Readiness
    ) throws(SystemError) {
        var event = epoll_event()
        event.events = interest.rawValue
        event.data.u64 = token
        _ = try retrying("epoll_ctl") { epoll_ctl(epoll.rawValue, operation, descriptor, &event) }
    }

    /// Waits until something is ready or `timeout` has passed, and appends what is ready.
    ///
    /// A timeout of nil waits for ever, one of zero or less only looks. Fractions of a
    /// millisecond are rounded up, so that a deadline has passed when this returns.
    package mutating func wait(timeout: Duration?, into events: inout [Event]) throws(SystemError) {
        watchWaiting()
        let milliseconds: Int32 =
            if waiting.all.isEmpty {
                timeout.map(Self.milliseconds) ?? -1
            } else {
                Self.milliseconds(min(timeout ?? Self.patience, Self.patience))
            }
        let count = epoll_wait(epoll.rawValue, &buffer, Int32(buffer.count), milliseconds)
        if count == -1 {
            let error = SystemError.last("epoll_wait")
            if error.errno == .interrupted { return }
            throw error
        }
        for event in buffer.prefix(Int(count)) {
            events.append(
                Event(token: event.data.u64, readiness: Readiness(rawValue: event.events))
            )
        }
        events += waiting.all.values
    }

    /// How long what cannot be watched is not looked at.
    private static let patience = Duration.milliseconds(50)

    /// Tries again to watch what could not be watched.
    private func watchWaiting() {
        for (descriptor, event) in waiting.all {
            guard
                (try? control(EPOLL_CTL_ADD, descriptor, event.token, event.readiness)) != nil
            else { continue }
            waiting.all[descriptor] = nil
        }
    }

    /// What the kernel does not watch yet, by descriptor; watching changes no reactor.
    private final class Waiting {
        var all: [Int32: Event] = [:]
    }

    /// Whole milliseconds, rounded up; what epoll cannot count to ends early.
    private static func milliseconds(_ timeout: Duration) -> Int32 {
        let nanoseconds = max(0, timeout.wholeNanoseconds)
        let (whole, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000)
        return Int32(clamping: rest == 0 ? whole : whole + 1)
    }
}
