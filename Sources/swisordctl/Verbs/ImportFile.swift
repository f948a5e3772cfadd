// SPDX-License-Identifier: Apache-2.0

import Configuration
import ControlAPI
private import Glibc
import Import

/// `import`: the one verb that works without a daemon.
enum ImportFile: Verb {
    static let name = "import"
    static let subject = Subject.nothing
    static let forms = [
        HelpForm(
            "import <file>",
            "Show a supervisord.conf or a Procfile as a supervisor.yaml that means the same."
        ),
        HelpForm("import <file> -o <new file>", "Write it into a file that does not exist yet."),
    ]

    static func run(_ arguments: [String], in session: inout Session) throws(Interruption) {
        // The words of a path with blanks have been taken apart.
        let option = arguments.firstIndex(of: "-o") ?? arguments.endIndex
        let file = arguments[..<option].joined(separator: " ")
        let result = arguments[option...].dropFirst().joined(separator: " ")
        guard !file.isEmpty, option == arguments.endIndex || !result.isEmpty else {
            session.misused(Self.self, "import takes a file, and -o a new file", .invalidArguments)
            return
        }
        do throws(Unreadable) {
            try convert(file, to: result.isEmpty ? nil : result, in: &session)
        } catch {
            let message = error.reason
            session.fail("error: \(message)", APIError(.badRequest, message), .invalidArguments)
        }
    }

    private static func convert(
        _ file: String,
        to result: String?,
        in session: inout Session
    ) throws(Unreadable) {
        let surroundings = Surroundings.ofThisProcess
        let path = absolute(file, surroundings)
        let target = absolute(result ?? file, surroundings)
        let conversion: Conversion
        do throws(Unreadable) {
            conversion = try Conversion.of(
                file: file,
                path: path,
                to: OutputPlace(
                    folder: PathText.parent(of: target),
                    name: result.map { $0.split(separator: "/").last.map(String.init) ?? $0 }
                ),
                library: .disk,
                surroundings: surroundings
            )
        } catch {
            throw Unreadable(reason: "\(file): \(error.reason)")
        }
        if result != nil {
            try write(conversion, to: target)
        } else {
            for line in conversion.yaml.split(separator: "\n", omittingEmptySubsequences: false)
                .dropLast()
            {
                session.say(String(line))
            }
        }
        for finding in conversion.findings { session.advise(finding.description) }
        session.show(Document(conversion))
        if conversion.isLossy { session.exitStatus = .failure }
    }

    private static func absolute(_ path: String, _ surroundings: Surroundings) -> String {
        PathText.tidy(path.hasPrefix("/") ? path : surroundings.currentDirectory + "/" + path)
    }

    /// Writes the passwords first: a file without its password is of no use.
    private static func write(_ conversion: Conversion, to path: String) throws(Unreadable) {
        let folder = PathText.parent(of: path)
        if access(path, F_OK) == 0 {
            throw Unreadable(reason: "\(path) exists already; name a new file behind -o")
        }
        for secret in conversion.secrets {
            try create("\(folder)/\(secret.name)", secret.text, mode: 0o600)
        }
        try create(path, conversion.yaml, mode: 0o644)
    }

    /// Makes a file that nobody else has made.
    private static func create(
        _ path: String,
        _ text: String,
        mode: mode_t
    ) throws(Unreadable) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode)
        guard descriptor >= 0 else {
            throw Unreadable(reason: "cannot make \(path): \(errorText(errno))")
        }
        defer { close(descriptor) }
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno != EINTR {
                throw Unreadable(reason: "cannot write \(path): \(errorText(errno))")
            }
        }
    }

    /// The answer for programs.
    private struct Document: Encodable {
        struct Entry: Encodable {
            let weight: String
            let file: String
            let line: Int
            let message: String
        }

        let yaml: String
        let findings: [Entry]

        init(_ conversion: Conversion) {
            yaml = conversion.yaml
            findings = conversion.findings.map { finding in
                Entry(
                    weight: finding.weight.rawValue,
                    file: finding.place.file,
                    line: finding.place.line,
                    message: finding.message
                )
            }
        }
    }
}

extension Library {
    /// The files of this machine.
    fileprivate static let disk = Library(
        read: { path in
            let descriptor = open(path, O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { return .failure(Unreadable(reason: errorText(errno))) }
            defer { close(descriptor) }
            var bytes: [UInt8] = []
            var chunk = [UInt8](repeating: 0, count: 1 << 16)
            while true {
                let count = Glibc.read(descriptor, &chunk, chunk.count)
                if count == 0 { return .success(bytes) }
                guard count > 0 else {
                    if errno == EINTR { continue }
                    return .failure(Unreadable(reason: errorText(errno)))
                }
                bytes += chunk[..<count]
                guard bytes.count <= 16 << 20 else {
                    return .failure(Unreadable(reason: "it has more than 16 MiB"))
                }
            }
        },
        matches: { pattern in
            var found = glob_t()
            defer { globfree(&found) }
            guard glob(pattern, 0, nil, &found) == 0 else { return [] }
            return (0..<Int(found.gl_pathc)).compactMap { index in
                found.gl_pathv[index].map { String(cString: $0) }
            }
            .sorted()
        }
    )
}
