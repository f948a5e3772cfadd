// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing

@testable import Platform

/// A real guardian whose managers do what the test says; killed when the test is over.
final class GuardedProbe {
    let pid: Int32
    private let folder = Folder()
    private let listener: Int32
    private var status: Int32?

    /// How patient the guardian is, in milliseconds; by default a test never sees the end of it.
    struct Limits {
        var burst = 5
        var window = 600_000
        var pause = 600_000
        var patience = 600_000
        var retry = 1
    }

    /// Starts a guardian, which tells the first manager the number of the ready channel, if any.
    ///
    /// - Throws: What the test failed of.
    init(
        _ limits: Limits = Limits(),
        readyChannel: Int32? = nil
    ) throws {
        let path = "\(folder.path)/managers"
        let listener = socket(AF_UNIX, Int32(SOCK_SEQPACKET.rawValue) | O_CLOEXEC, 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(listener, $0, size) }
        }
        #expect(bound == 0 && listen(listener, 16) == 0)
        self.listener = listener
        let numbers = [limits.burst, limits.window, limits.pause, limits.patience, limits.retry]
        let words = ["guardianprobe", "guard", path] + numbers.map(String.init)
        var environment = ["SWISORD_GUARDIAN=1"]
        if let readyChannel { environment.append("SWISORD_READY=\(readyChannel)") }
        pid = try Self.start(words, environment, keeping: readyChannel)
    }

    deinit {
        if status == nil {
            kill(pid, SIGKILL)
            _ = waitFor(pid)
        }
        close(listener)
    }

    private static func start(
        _ words: [String],
        _ environment: [String],
        keeping descriptor: Int32?
    ) throws -> Int32 {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        // A descriptor put in its own place stays open in the child.
        if let descriptor {
            posix_spawn_file_actions_adddup2(&actions, descriptor, descriptor)
        }
        var arguments = words.map { strdup($0) } + [nil]
        var entries = environment.map { strdup($0) } + [nil]
        defer { (arguments + entries).forEach { free($0) } }
        var pid: Int32 = 0
        let refusal = posix_spawn(&pid, executable, &actions, nil, &arguments, &entries)
        try #require(refusal == 0, "posix_spawn \(executable)")
        return pid
    }

    /// The probe lies beside the tests.
    static let executable: String = {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let length = readlink("/proc/self/exe", &buffer, buffer.count)
        let own = String(decoding: buffer.prefix(max(0, length)).map(UInt8.init), as: UTF8.self)
        return own.split(separator: "/").dropLast().map { "/" + $0 }.joined() + "/guardianprobe"
    }()

    /// Waits for the next manager to be started.
    func manager() throws -> Puppet {
        var connection: Int32 = -1
        try eventually("a manager") {
            var watched = pollfd(fd: listener, events: Int16(POLLIN), revents: 0)
            guard poll(&watched, 1, 10) == 1 else { return false }
            connection = accept(listener, nil, nil)
            _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
            return connection >= 0
        }
        return try Puppet(connection)
    }

    /// Whether a manager has been started that nobody has spoken to.
    var hasAnotherManager: Bool {
        var watched = pollfd(fd: listener, events: Int16(POLLIN), revents: 0)
        return poll(&watched, 1, 0) == 1
    }

    /// Waits for the guardian to end; its exit status, or 128 and the signal.
    func end() -> Int32 {
        let raw = waitFor(pid)
        status = raw
        return raw & 0x7f == 0 ? raw >> 8 & 0xff : 128 + raw & 0x7f
    }

    /// The state letter of a process in /proc, `Z` for one that waits to be reaped; nil for none.
    static func state(of pid: Int32) -> Character? {
        let text = contents("/proc/\(pid)/stat")
        return text.lastIndex(of: ")").map { text[text.index($0, offsetBy: 2)] }
    }
}

/// A manager: a process that obeys, and its end of the guardian's socket.
final class Puppet {
    let link: GuardianLink
    let pid: Int32
    /// Whether it was started without blocked or ignored signals.
    let hasCleanSignals: Bool
    private let connection: Int32

    fileprivate init(_ connection: Int32) throws {
        self.connection = connection
        var received: GuardianLink.Parcel?
        try eventually("a manager's word") {
            received = GuardianLink.Parcel(from: connection)
            return received != nil
        }
        let parcel = try #require(received)
        pid = Int32(bitPattern: parcel.kind)
        hasCleanSignals = parcel.value == 1
        let descriptor = try #require(parcel.takeDescriptors().first)
        link = GuardianLink(over: OwnedDescriptor(owning: descriptor))
    }

    deinit {
        close(connection)
    }

    /// Goes through the whole of a start.
    func establish() throws -> GuardianLink.Welcome {
        let welcome = try link.hello()
        _ = try fetch()
        link.listen()
        link.ready()
        return welcome
    }

    /// What is stored, and where it leads.
    func fetch() throws -> [Int: Int32] { try link.fetch() }

    /// Gives an order without waiting for an answer: exit (`x`), raise a signal (`k`).
    func order(_ what: Character, _ value: Int32 = 0) {
        let order = [Int32(what.asciiValue ?? 0), value]
        send(connection, order, 8, Int32(MSG_NOSIGNAL))
    }

    /// Gives an order and waits for the answer.
    func ask(_ what: Character, _ value: Int32 = 0) throws -> (Int32, Int32) {
        order(what, value)
        var answer: [Int32] = [0, 0]
        try eventually("an answer to \(what)") {
            recv(connection, &answer, 8, Int32(MSG_DONTWAIT)) == 8
        }
        return (answer[0], answer[1])
    }

    /// Makes a program beside the manager that ends at once, with a status or a signal.
    func program(_ ending: Int32) throws -> Int32 { try ask("c", ending).0 }

    /// Waits for the guardian to tell an exit.
    func exit() throws -> ReapedChild {
        var exit: ReapedChild?
        try eventually("an exit") {
            exit = link.nextExit()
            return exit != nil
        }
        return try #require(exit)
    }

    /// Whether the process still runs.
    var isAlive: Bool { kill(pid, 0) == 0 }
}
