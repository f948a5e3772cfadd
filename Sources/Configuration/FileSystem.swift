// SPDX-License-Identifier: Apache-2.0

private import Glibc
private import YAML

/// What the loader asks of the file system; the one file of this module that calls the system.
enum FileSystem {
    /// Why a file cannot be used, in words.
    struct Refused: Error {
        var reason: String
    }

    /// The owner and mode of something on the disk.
    struct Facts: Hashable {
        var owner: UInt32
        var group: UInt32
        var mode: UInt32

        var isSticky: Bool { mode & 0o1000 != 0 }
        var isWritableByOthers: Bool { mode & 0o022 != 0 }
    }

    /// The contents of a regular file and who may change it, as they were at one moment.
    ///
    /// A file that is being written is read again; one that is no file would block or never end.
    static func read(_ path: String) throws(Refused) -> (bytes: [UInt8], facts: Facts) {
        for _ in 1...3 {
            let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
            guard descriptor >= 0 else { throw Refused(reason: reason(errno)) }
            defer { close(descriptor) }
            var before = stat()
            guard fstat(descriptor, &before) == 0 else { throw Refused(reason: reason(errno)) }
            if before.st_mode & S_IFMT == S_IFDIR { throw Refused(reason: "it is a directory") }
            guard before.st_mode & S_IFMT == S_IFREG else {
                throw Refused(reason: "it is not a regular file")
            }
            // One byte more than allowed is enough for the parser to refuse the rest.
            let bytes = try contents(of: descriptor, atMost: Source.maximumBytes + 1)
            var after = stat()
            guard fstat(descriptor, &after) == 0 else { throw Refused(reason: reason(errno)) }
            if isSame(before, after) { return (bytes, facts(after)) }
        }
        throw Refused(reason: "it changes while it is being read")
    }

    /// Who may change what `path` names, links followed; nil when there is no such thing.
    static func facts(of path: String) -> Facts? {
        var result = stat()
        return stat(path, &result) == 0 ? facts(result) : nil
    }

    /// The path with every link resolved; nil when there is no such thing.
    static func resolved(_ path: String) -> String? {
        guard let real = realpath(path, nil) else { return nil }
        defer { free(real) }
        return String(cString: real)
    }

    /// Whether something that is not a directory has this name.
    static func holdsFile(_ path: String) -> Bool {
        var result = stat()
        return stat(path, &result) == 0 && result.st_mode & S_IFMT != S_IFDIR
    }

    /// Whether a file holds just these bytes; nil when it is there and cannot be read.
    static func holds(_ path: String, _ bytes: [UInt8]) -> Bool? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else { return errno == ENOENT || errno == ENOTDIR ? false : nil }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return nil }
        guard status.st_mode & S_IFMT == S_IFREG, status.st_size == bytes.count else {
            return false
        }
        guard let found = try? contents(of: descriptor, atMost: bytes.count + 1) else { return nil }
        return found == bytes
    }

    /// The paths that match a pattern, sorted; directories that cannot be read are an error.
    static func matches(of pattern: String) throws(Refused) -> [String] {
        var found = glob_t()
        defer { globfree(&found) }
        switch glob(pattern, GLOB_NOSORT, unreadable, &found) {
        case 0: break
        case GLOB_NOMATCH: return []
        case GLOB_NOSPACE: throw Refused(reason: "not enough memory to match the pattern")
        default: throw Refused(reason: "a directory of the pattern cannot be read")
        }
        return (0..<Int(found.gl_pathc)).compactMap {
            found.gl_pathv[$0].map { String(cString: $0) }
        }
        .sorted()
    }

    private static func contents(of descriptor: Int32, atMost limit: Int) throws(Refused) -> [UInt8]
    {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while bytes.count < limit {
            let count = Glibc.read(descriptor, &chunk, min(chunk.count, limit - bytes.count))
            if count == 0 { break }
            guard count > 0 else {
                if errno == EINTR { continue }
                throw Refused(reason: reason(errno))
            }
            bytes.append(contentsOf: chunk[..<count])
        }
        return bytes
    }

    private static func isSame(_ one: stat, _ other: stat) -> Bool {
        one.st_size == other.st_size && one.st_mtim.tv_sec == other.st_mtim.tv_sec
            && one.st_mtim.tv_nsec == other.st_mtim.tv_nsec
    }

    private static func facts(_ result: stat) -> Facts {
        Facts(owner: result.st_uid, group: result.st_gid, mode: result.st_mode & 0o7777)
    }

    private static func reason(_ number: Int32) -> String {
        String(cString: strerror(number))
    }
}

/// Tells glob(3) to go on where a directory of the pattern does not exist, and to stop otherwise.
private func unreadable(_ path: UnsafePointer<CChar>?, _ number: Int32) -> Int32 {
    number == ENOENT || number == ENOTDIR ? 0 : 1
}

extension Surroundings {
    /// The surroundings of this process: its environment, user, directory and host.
    package static func ofThisProcess() -> Surroundings {
        var environment: [String: String] = [:]
        var next = environ
        while let pair = next.pointee {
            let text = String(cString: pair)
            if let equals = text.firstIndex(of: "=") {
                environment[String(text[..<equals])] = String(text[text.index(after: equals)...])
            }
            next += 1
        }
        let user = geteuid()
        let home = environment["HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
        return Surroundings(
            environment: environment,
            hostName: hostName(),
            homeDirectory: home ?? getpwuid(user).map { String(cString: $0.pointee.pw_dir) } ?? "/",
            isRoot: user == 0,
            userID: user,
            currentDirectory: currentDirectory(),
            userExists: { identity in
                switch identity {
                case .name(let name): getpwnam(name) != nil
                case .number: true
                }
            },
            groupExists: { identity in
                switch identity {
                case .name(let name): getgrnam(name) != nil
                case .number: true
                }
            }
        )
    }

    private static func hostName() -> String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard gethostname(&buffer, buffer.count - 1) == 0 else { return "localhost" }
        return text(buffer)
    }

    private static func currentDirectory() -> String {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        guard getcwd(&buffer, buffer.count) != nil else { return "/" }
        return text(buffer)
    }

    private static func text(_ buffer: [CChar]) -> String {
        String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
