// SPDX-License-Identifier: Apache-2.0

private import Glibc
import Platform
import SystemPackage

/// The directory of a log, opened for one or a few operations on the names in it.
///
/// Where we are root and the directory is not, its owner may at any moment put links, pipes and
/// other people's files in the place of logs, or another directory in the place of this one. So
/// the way here follows only links that root alone can have made, every name is looked up in what
/// was opened once, files are used only if they are their owner's own, and a directory of the
/// program's user is used with that user's rights. It is opened anew each time: a descriptor kept
/// for each of a thousand logs would double what a log costs.
struct LogDirectory: ~Copyable {
    /// The log that this is about.
    let path: String
    /// The name of the log in its directory.
    let name: String
    let identity: FileStatus.Identity
    private let descriptor: OwnedDescriptor
    private let trust: Trust
    private let user: LogFileSettings.Owner?

    private enum Trust {
        /// We can do here no more than those who own it, or nobody but root can change it.
        case full
        /// Others can change it; their files are looked at before they are used.
        case careful
        /// It is the program's user's, whose rights are used.
        case asUser(LogFileSettings.Owner)
    }

    private init(
        _ descriptor: consuming OwnedDescriptor,
        _ status: FileStatus,
        of path: String,
        named name: String,
        _ user: LogFileSettings.Owner?
    ) {
        self.descriptor = descriptor
        self.path = path
        self.name = name
        self.user = user
        identity = status.identity
        trust =
            if !isPrivileged() || status.owner.user == 0 && !status.isWritableByOthers {
                .full
            } else if let user, user.user != 0, status.owner.user == user.user {
                .asUser(user)
            } else {
                .careful
            }
    }

    /// Opens the directory of a log.
    ///
    /// - Parameters:
    ///   - path: the log.
    ///   - user: whom the program runs as, nil for us.
    /// - Returns: the directory, for lookups.
    /// - Throws: why it cannot be opened, or that a link of others is on the way.
    static func open(
        of path: String,
        user: LogFileSettings.Owner?
    ) throws(LogFileError) -> LogDirectory {
        let slash = path.lastSlash
        let name = slash.map { String(path[path.utf8.index(after: $0)...]) } ?? path
        let directory = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let descriptor = try open(directory, for: path, carefully: isPrivileged())
        let status: FileStatus
        do { status = try descriptor.status() } catch {
            throw LogFileError("stat", directory, error)
        }
        return LogDirectory(descriptor, status, of: path, named: name, user)
    }

    private static func open(
        _ directory: String,
        for path: String,
        carefully: Bool
    ) throws(LogFileError) -> OwnedDescriptor {
        do throws(Errno) {
            guard carefully else {
                return try OwnedDescriptor.open(directory, OwnedDescriptor.lookup | O_DIRECTORY)
            }
            return try DirectoryAccess.openWithoutLinks(directory)
        } catch {
            // There is a link, or the call is not to be had.
            guard carefully,
                [.tooManySymbolicLinkLevels, .noFunction, .notPermitted].contains(error)
            else { throw LogFileError("open", path, error) }
        }
        return try PathWalk(to: path).directory(directory)
    }

    /// The name of a backup, with 0 for the log itself.
    func name(_ index: Int) -> String { RotationPlan.name(of: name, index) }

    /// The name that a new log has until it takes the place of the old one.
    var newName: String { ".\(name).swisord" }

    /// The whole path of a name, for what people are told.
    func path(of name: String) -> String {
        String(Substring(path.utf8.dropLast(self.name.utf8.count))) + name
    }

    // MARK: What is done here

    /// Opens or makes what has this name; never follows a link and never waits.
    func open(_ name: String, _ flags: Int32, mode: UInt32 = 0) throws(Errno) -> OwnedDescriptor {
        try acting { () throws(Errno) in
            try descriptor.openEntry(name, flags | O_NOFOLLOW | O_NONBLOCK, mode: mode)
        }
    }

    /// The status of what has this name; nil when it is free or cannot be looked at.
    func status(_ name: String) -> FileStatus? {
        try? descriptor.status(ofEntry: name)
    }

    /// Gives a file another name, replacing what had it.
    func rename(_ old: String, to new: String) throws(Errno) {
        try acting { () throws(Errno) in try descriptor.renameEntry(old, to: new) }
    }

    func remove(_ name: String) throws(Errno) {
        try acting { () throws(Errno) in try descriptor.removeEntry(name) }
    }

    private func acting<Result: ~Copyable>(
        _ body: () throws(Errno) -> Result
    ) throws(Errno) -> Result {
        guard case .asUser(let user) = trust else { return try body() }
        return try DirectoryAccess.act(asUser: user.user, group: user.group, body)
    }

    /// Says why a file is not to be used as a log here; nil when it may be.
    func objection(to status: FileStatus, named name: String) -> LogFileError? {
        if case .full = trust, status.kind == .characterDevice { return nil }
        if let objection = objection(toMoving: status, named: name) { return objection }
        // Whoever may write to a directory can link any file there.
        return status.links > 1 && isPrivileged() ? .hardLinked(path: path(of: name)) : nil
    }

    /// Says why a file is not to be given another name here, nor replaced; nil when it may be.
    func objection(toMoving status: FileStatus, named name: String) -> LogFileError? {
        guard status.kind == .regular else { return .unfit(path: path(of: name), status.kind) }
        if case .full = trust { return nil }
        let owner = status.owner.user
        if owner == 0 || owner == user?.user { return nil }
        return .foreign(path: path(of: name), owner: owner)
    }
}

private let slashByte = UInt8(ascii: "/")

extension StringProtocol where UTF8View: BidirectionalCollection {
    /// Where the last slash of a path is.
    ///
    /// To the kernel it is one also where it makes up a character together with an accent that
    /// follows it.
    var lastSlash: Index? { utf8.lastIndex(of: slashByte) }
}

/// The way to a directory, component by component, as root goes it.
///
/// A link is followed only if nobody but root can have made it: it is root's, and so is its
/// directory, which others cannot write to. So `/var/run` and a `/var/log` moved to another disk
/// work as they do for all programs.
private struct PathWalk {
    private let log: String
    private var links = 0

    private static let mostLinks = 40

    init(to log: String) {
        self.log = log
    }

    /// Opens it for lookups (O_PATH).
    consuming func directory(_ path: String) throws(LogFileError) -> OwnedDescriptor {
        do throws(Errno) {
            return try walk(path)
        } catch .tooManySymbolicLinkLevels {
            throw .linked(path: log)
        } catch {
            throw LogFileError("open", log, error)
        }
    }

    private mutating func walk(_ path: String) throws(Errno) -> OwnedDescriptor {
        var rest = Self.components(path)
        var current = try OwnedDescriptor.open(
            path.utf8.first == slashByte ? "/" : ".",
            OwnedDescriptor.lookup
        )
        while let name = rest.popLast() {
            let next = try current.openEntry(name, OwnedDescriptor.lookup | O_NOFOLLOW)
            let status = try next.status()
            guard status.kind == .link else {
                current = next
                continue
            }
            let directory = try current.status()
            links += 1
            guard links <= Self.mostLinks, status.owner.user == 0,
                directory.owner.user == 0, !directory.isWritableByOthers
            else { throw .tooManySymbolicLinkLevels }
            let target = try next.linkTarget()
            if target.utf8.first == slashByte {
                current = try OwnedDescriptor.open("/", OwnedDescriptor.lookup)
            }
            rest += Self.components(target)
        }
        guard try current.status().kind == .directory else { throw .notDirectory }
        return current
    }

    /// The last one first.
    private static func components(_ path: String) -> [String] {
        path.utf8.split(separator: slashByte).reversed().map { String(Substring($0)) }
    }
}
