// SPDX-License-Identifier: Apache-2.0

import Configuration
import Glibc
import Import
import Testing

/// A configuration of supervisord in the test suite, and beside it what it must become.
///
/// `NAME.yaml` is the result and `NAME.txt` what is said of it. `NAME.facts` is what supervisord
/// itself makes of the original, by `Tests/ImportTests/record`.
struct Fixture: Sendable, CustomTestStringConvertible {
    /// The file as it is named, such as `nginx-fpm.conf`.
    let file: String

    var testDescription: String { file }
    var stem: String { file.hasSuffix(".conf") ? String(file.dropLast(5)) : file }

    static let folder: String = {
        let file = #filePath
        return String(file[..<(file.lastIndex(of: "/") ?? file.endIndex)]) + "/Fixtures"
    }()

    static let all: [Fixture] =
        (Library.disk.matches(folder + "/*.conf") + [folder + "/Procfile"])
        .map { Fixture(file: String($0.dropFirst(folder.count + 1))) }

    /// Those with keys that a version may or may not have.
    static let growing = ["capture", "fastcgi", "port"].map { Fixture(file: "growing/\($0).conf") }

    static let withFacts = all.filter { !$0.text(".facts").isEmpty }

    func convert() throws -> Conversion {
        try Conversion.of(
            file: file,
            path: Fixture.folder + "/" + file,
            to: OutputPlace(folder: Fixture.folder, name: nil),
            library: .disk,
            surroundings: .ofTests
        )
    }

    /// The text of the file beside it with this ending; empty when there is none.
    func text(_ ending: String) -> String {
        switch Library.disk.read("\(Fixture.folder)/\(stem)\(ending)") {
        case .success(let bytes): String(decoding: bytes, as: UTF8.self)
        case .failure: ""
        }
    }

    /// What the loader makes of the expected result.
    func load() -> ConfigurationLoader.Outcome {
        ConfigurationLoader.load(
            file: "\(Fixture.folder)/\(stem).yaml",
            surroundings: .ofTests
        )
    }
}

extension Surroundings {
    /// A machine on which every user exists, with the variables that fixtures ask for.
    static let ofTests = Surroundings(
        environment: [
            "HOME": "/home/josh", "FOREGROUND": "true", "LOG_DIR": "/var/log/app",
            "LEVEL": "info", "COPIES": "2", "OPTIONS": "--one --two",
        ],
        hostName: "node7",
        homeDirectory: "/home/josh",
        isRoot: false,
        userID: 1000,
        currentDirectory: Fixture.folder,
        userExists: { _ in true },
        groupExists: { _ in true }
    )
}

extension Library {
    static let disk = Library(
        read: { path in
            guard let file = fopen(path, "r") else { return .failure(Unreadable(reason: "none")) }
            defer { fclose(file) }
            var bytes: [UInt8] = []
            var chunk = [UInt8](repeating: 0, count: 1 << 16)
            while true {
                let count = fread(&chunk, 1, chunk.count, file)
                guard count > 0 else { return .success(bytes) }
                bytes += chunk[..<count]
            }
        },
        matches: { pattern in
            var found = glob_t()
            defer { globfree(&found) }
            guard glob(pattern, 0, nil, &found) == 0 else { return [] }
            return (0..<Int(found.gl_pathc)).compactMap { index in
                found.gl_pathv[index].map { String(cString: $0) }
            }
        }
    )

    /// One file that is not on a disk, and what it includes.
    static func files(_ texts: [String: String]) -> Library {
        Library(
            read: { path in
                texts[path].map { .success(Array($0.utf8)) } ?? .failure(Unreadable(reason: "none"))
            },
            matches: { pattern in texts.keys.filter { $0 == pattern } }
        )
    }
}

/// Converts one text as `/etc/s.conf`.
func convert(_ text: String, name: String? = nil) throws -> Conversion {
    try Conversion.of(
        file: "s.conf",
        path: "/etc/s.conf",
        to: OutputPlace(folder: "/etc", name: name),
        library: .files(["/etc/s.conf": text]),
        surroundings: .ofTests
    )
}
