// SPDX-License-Identifier: Apache-2.0

import Configuration
import Glibc
import Testing

@Suite("A configuration that root reads")
struct TrustTests {
    private func asRoot(in folder: String) -> Surroundings {
        var surroundings = Surroundings.ofTests(in: folder)
        surroundings.isRoot = true
        surroundings.userID = ownUserID()
        return surroundings
    }

    private static let text = "programs: {a: {command: a}}\n"

    @Test(
        "is refused when others may write it",
        arguments: [
            (0o600, true), (0o644, true), (0o444, true), (0o664, false), (0o646, false),
            (0o666, false),
        ]
            as [(mode_t, Bool)]
    )
    func modes(_ mode: mode_t, _ isTrusted: Bool) throws {
        let folder = try TemporaryFolder()
        chmod(try folder.file("supervisor.yaml", Self.text), mode)
        let file = "\(folder.path)/supervisor.yaml"
        let outcome = ConfigurationLoader.load(file: file, surroundings: asRoot(in: folder.path))
        #expect((outcome.configuration != nil) == isTrusted)
        if !isTrusted {
            let octal = String(mode, radix: 8)
            #expect(
                outcome.diagnostics.map(\.description) == [
                    "\(file): error: root does not read a file that others may change: its mode is "
                        + "0\(octal); take group and others the right to write"
                ]
            )
        }
    }

    @Test(
        "is refused when others may replace it, unless the directory is sticky",
        arguments: [(0o755, true), (0o775, false), (0o757, false), (0o1777, true)]
            as [(mode_t, Bool)]
    )
    func directories(_ mode: mode_t, _ isTrusted: Bool) throws {
        let folder = try TemporaryFolder()
        mkdir("\(folder.path)/conf", 0o755)
        mkdir("\(folder.path)/conf/inner", 0o755)
        let file = try folder.file("conf/inner/supervisor.yaml", Self.text)
        chmod(file, 0o644)
        chmod("\(folder.path)/conf", mode)
        let outcome = ConfigurationLoader.load(file: file, surroundings: asRoot(in: folder.path))
        #expect((outcome.configuration != nil) == isTrusted)
        if !isTrusted {
            #expect(
                outcome.diagnostics.first?.message.contains("\(folder.path)/conf: its mode is")
                    == true
            )
        }
    }

    @Test("is refused when it belongs to somebody else")
    func owner() throws {
        let folder = try TemporaryFolder()
        let file = try folder.file("supervisor.yaml", Self.text)
        chmod(file, 0o644)
        var surroundings = asRoot(in: folder.path)
        if ownUserID() == 0 {
            chown(file, 12_345, 0)
        } else {
            surroundings.userID = 12_345
        }
        let outcome = ConfigurationLoader.load(file: file, surroundings: surroundings)
        #expect(outcome.configuration == nil)
        #expect(outcome.diagnostics.first?.message.contains("it belongs to user") == true)
    }

    @Test("is refused when a link leads through a directory that others may write")
    func links() throws {
        let folder = try TemporaryFolder()
        mkdir("\(folder.path)/open", 0o755)
        let file = try folder.file("open/supervisor.yaml", Self.text)
        chmod(file, 0o644)
        chmod("\(folder.path)/open", 0o777)
        symlink("open/supervisor.yaml", "\(folder.path)/link.yaml")
        let outcome = ConfigurationLoader.load(
            file: "\(folder.path)/link.yaml",
            surroundings: asRoot(in: folder.path)
        )
        #expect(outcome.configuration == nil)
    }

    @Test("is refused when a file that it includes is not to be trusted")
    func included() throws {
        let folder = try TemporaryFolder()
        let file = try folder.file("supervisor.yaml", "include: [more.yaml]\n" + Self.text)
        chmod(file, 0o644)
        chmod(try folder.file("more.yaml", "programs: {b: {command: b}}"), 0o666)
        let outcome = ConfigurationLoader.load(file: file, surroundings: asRoot(in: folder.path))
        #expect(outcome.configuration == nil)
        #expect(outcome.diagnostics.map(\.file) == ["\(folder.path)/more.yaml"])
    }

    @Test("may be anybody's for anybody else, and for finding the socket")
    func others() throws {
        let folder = try TemporaryFolder()
        let file = try folder.file("supervisor.yaml", Self.text)
        chmod(file, 0o666)
        #expect(ConfigurationLoader.load(file: file, surroundings: .ofTests()).configuration != nil)
        let socket = ConfigurationLoader.socketPath(
            file: file,
            surroundings: asRoot(in: folder.path)
        )
        #expect((try? socket.get()) == "/run/swisord/swisord.sock")
    }
}
