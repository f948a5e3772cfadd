// SPDX-License-Identifier: Apache-2.0

import Configuration
import Glibc
import Testing

/// A configuration file of the test suite, and beside it the complaints it must draw.
struct Fixture: Sendable, CustomTestStringConvertible {
    let name: String
    let folder: String

    var testDescription: String { name }

    /// The directory that this file stands in.
    static let root: String = {
        let file = #filePath
        return String(file[..<(file.lastIndex(of: "/") ?? file.endIndex)])
    }()

    /// Every fixture of a folder: `NAME.yaml`, and `NAME.txt` where complaints are expected.
    static func all(in folder: String) -> [Fixture] {
        var found = glob_t()
        defer { globfree(&found) }
        let path = "\(root)/Fixtures/\(folder)"
        guard glob("\(path)/*.yaml", 0, nil, &found) == 0 else { return [] }
        return (0..<Int(found.gl_pathc)).compactMap { index in
            guard let file = found.gl_pathv[index].map({ String(cString: $0) }) else { return nil }
            let name = file.dropFirst(path.count + 1).dropLast(".yaml".count)
            return Fixture(name: String(name), folder: path)
        }
    }

    /// Loads the file as `-c NAME.yaml` in its folder would.
    func load() -> ConfigurationLoader.Outcome {
        ConfigurationLoader.load(file: "\(name).yaml", surroundings: .ofTests(in: folder))
    }

    /// The expected complaints, as the daemon would print them.
    var expected: String {
        (try? contents(of: "\(folder)/\(name).txt")) ?? ""
    }
}

extension Surroundings {
    /// A user, a host and an environment that are the same on every machine.
    static func ofTests(in directory: String = "/home/josh/work") -> Surroundings {
        Surroundings(
            environment: [
                "HOME": "/home/josh", "LANG": "C.UTF-8", "XDG_RUNTIME_DIR": "/run/user/1000",
                "PERCENT": "100%(here)s", "MEMORY": "2 GB; rm",
            ],
            hostName: "node7",
            homeDirectory: "/home/josh",
            isRoot: false,
            userID: 1000,
            currentDirectory: directory,
            userExists: { [.name("josh"), .name("root"), .number(1000), .number(0)].contains($0) },
            groupExists: { [.name("staff"), .number(100)].contains($0) }
        )
    }
}

/// The system refused something that a test needs.
struct TestFailure: Error {
    var reason: String
}

func contents(of path: String) throws -> String {
    String(decoding: try bytes(of: path), as: UTF8.self)
}

func bytes(of path: String) throws -> [UInt8] {
    guard let file = fopen(path, "r") else { throw TestFailure(reason: "cannot open \(path)") }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
        let count = fread(&chunk, 1, chunk.count, file)
        guard count > 0 else { return bytes }
        bytes += chunk[..<count]
    }
}

func write(_ text: String, to path: String) throws {
    try write(Array(text.utf8), to: path)
}

func write(_ bytes: [UInt8], to path: String) throws {
    guard let file = fopen(path, "w") else { throw TestFailure(reason: "cannot write \(path)") }
    defer { fclose(file) }
    guard fwrite(bytes, 1, bytes.count, file) == bytes.count else {
        throw TestFailure(reason: "cannot write \(path)")
    }
}

/// A directory that goes away with the test.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        var template = Array("/tmp/swisord-config-XXXXXX".utf8CString)
        guard let name = mkdtemp(&template) else { throw TestFailure(reason: "mkdtemp failed") }
        path = String(cString: name)
    }

    /// Writes a file into the folder and returns its path.
    func file(_ name: String, _ text: String) throws -> String {
        try write(text, to: "\(path)/\(name)")
        return "\(path)/\(name)"
    }

    /// Writes `text` as a configuration and loads it.
    func load(
        _ text: String,
        surroundings: Surroundings? = nil
    ) throws -> ConfigurationLoader.Outcome {
        let file = try file("supervisor.yaml", text)
        return ConfigurationLoader.load(
            file: file,
            surroundings: surroundings ?? .ofTests(in: path)
        )
    }

    deinit {
        remove(path)
    }

    private func remove(_ path: String) {
        if let directory = opendir(path) {
            while let entry = readdir(directory) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                if name != ".", name != ".." { remove("\(path)/\(name)") }
            }
            closedir(directory)
            rmdir(path)
        } else {
            unlink(path)
        }
    }
}
