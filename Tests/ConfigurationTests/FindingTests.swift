// SPDX-License-Identifier: Apache-2.0

import Configuration
import Glibc
import Testing

/// The user that the tests run as.
func ownUserID() -> UInt32 { geteuid() }

@Suite("The configuration file")
struct FindingTests {
    @Test("is looked for in the current directory, then at home, then in /etc")
    func order() throws {
        let folder = try TemporaryFolder()
        var surroundings = Surroundings.ofTests(in: folder.path)
        surroundings.homeDirectory = "\(folder.path)/home"
        let places = [
            "\(folder.path)/supervisor.yaml", "\(folder.path)/home/.config/swisord/supervisor.yaml",
            "/etc/swisord/supervisor.yaml",
        ]
        if access("/etc/swisord/supervisor.yaml", F_OK) != 0 {
            let none = ConfigurationLoader.search(surroundings: surroundings)
            #expect(none == .failure(NoFileFound(places: places)))
        }
        for directory in ["home", "home/.config", "home/.config/swisord"] {
            mkdir("\(folder.path)/\(directory)", 0o700)
        }
        _ = try folder.file("home/.config/swisord/supervisor.yaml", "")
        #expect(ConfigurationLoader.search(surroundings: surroundings) == .success(places[1]))
        _ = try folder.file("supervisor.yaml", "")
        #expect(ConfigurationLoader.search(surroundings: surroundings) == .success(places[0]))
        surroundings.isRoot = true
        #expect(ConfigurationLoader.search(surroundings: surroundings) == .success(places[1]))
    }

    @Test("is looked for under XDG_CONFIG_HOME when that is set")
    func configHome() throws {
        let folder = try TemporaryFolder()
        var surroundings = Surroundings.ofTests(in: "/")
        surroundings.environment["XDG_CONFIG_HOME"] = folder.path
        mkdir("\(folder.path)/swisord", 0o700)
        let file = try folder.file("swisord/supervisor.yaml", "")
        #expect(ConfigurationLoader.search(surroundings: surroundings) == .success(file))
    }

    @Test("that is nowhere is missed with the places looked at")
    func notFound() {
        #expect(
            NoFileFound(places: ["/a", "/b"]).description
                == "no configuration file: looked for /a, /b; name one with -c"
        )
    }

    @Test(
        "tells where the socket is, whatever else is wrong with it",
        arguments: [
            ("", "/run/user/1000/swisord/swisord.sock"),
            ("swisord: {socket: /run/x.sock}\nprograms: {a: {comand: b}}", "/run/x.sock"),
            ("swisord: {runtime_dir: /r, loglevel: loud, nocleanup: 1}", "/r/swisord.sock"),
            (
                "progams: {}\nswisord:\n  environment: {A: '%(oops)s'}\n  socket: ~/s",
                "/home/josh/s"
            ),
            ("swisord: {socket: /a}\nswisord: {socket: /b}", "/a"),
        ]
    )
    func socket(_ text: String, _ expected: String) throws {
        let folder = try TemporaryFolder()
        let file = try folder.file("s.yaml", text)
        let result = ConfigurationLoader.socketPath(file: file, surroundings: .ofTests())
        #expect(try result.get() == expected)
    }

    @Test(
        "does not tell where the socket is when that is what is wrong",
        arguments: [
            "swisord: {socket: [a]}", "swisord: {socket: '%(oops)s'}", "a: [",
            "swisord:\n\tsocket: x",
        ]
    )
    func noSocket(_ text: String) throws {
        let folder = try TemporaryFolder()
        let file = try folder.file("s.yaml", text)
        let result = ConfigurationLoader.socketPath(file: file, surroundings: .ofTests())
        let error = #expect(throws: SocketPathUnknown.self) { try result.get() }
        #expect(error?.diagnostics.count == 1)
    }

    @Test(
        "tells where the socket is without the rest being read",
        arguments: [
            ("swisord: {socket: /run/x.sock}\nprograms: [", "/run/x.sock"),
            ("swisord:\n  runtime_dir: /r\nprograms:\n\ta: b", "/r/swisord.sock"),
            ("swisord:\nprograms: }", "/run/user/1000/swisord/swisord.sock"),
            (
                "x-a: &a {socket: /a}\nprograms: {swisord: {command: c}}\nswisord: *a\ngroups: *b",
                "/a"
            ),
        ]
    )
    func socketFirst(_ text: String, _ expected: String) throws {
        let folder = try TemporaryFolder()
        let file = try folder.file("s.yaml", text)
        let result = ConfigurationLoader.socketPath(file: file, surroundings: .ofTests())
        #expect(try result.get() == expected)
    }

    @Test(
        "tells the same socket whether it is read in part or as a whole",
        arguments: [
            "programs: {swisord: {command: c}}\nswisord: {socket: s}",
            "programs: {swisord: {command: c}}", "x-a: &a {swisord: {socket: /a}}\n<<: *a",
            "x-a: &a {socket: /a}\nswisord: {<<: *a, loglevel: warn}\nprograms: {}",
            "x-a: &a {swisord: {socket: /a}}\n<<: *a\nswisord: {socket: /b}",
            "swisord: {runtime_dir: ~/run, environment: {A: b}}\nprograms: {a: {command: a}}",
        ]
    )
    func sameSocket(_ text: String) throws {
        let folder = try TemporaryFolder()
        let loaded = try folder.load(text)
        let result = ConfigurationLoader.socketPath(
            file: "\(folder.path)/supervisor.yaml",
            surroundings: .ofTests(in: folder.path)
        )
        #expect(try result.get() == #require(loaded.configuration).daemon.socket)
    }

    @Test("tells the same socket in part or as a whole", arguments: Fixture.all(in: "valid"))
    func sameSocket(_ fixture: Fixture) throws {
        let configuration = try #require(fixture.load().configuration)
        let result = ConfigurationLoader.socketPath(
            file: "\(fixture.name).yaml",
            surroundings: .ofTests(in: fixture.folder)
        )
        #expect(try result.get() == configuration.daemon.socket)
    }

    @Test("that is not there cannot tell where the socket is")
    func missing() {
        let result = ConfigurationLoader.socketPath(file: "/nope.yaml", surroundings: .ofTests())
        let error = #expect(throws: SocketPathUnknown.self) { try result.get() }
        #expect(
            error?.diagnostics.map(\.description) == [
                "/nope.yaml: error: cannot read the file: No such file or directory"
            ]
        )
    }

    @Test("knows the process it is read by")
    func surroundings() {
        let surroundings = Surroundings.ofThisProcess()
        #expect(surroundings.userID == ownUserID())
        #expect(surroundings.isRoot == (ownUserID() == 0))
        #expect(surroundings.currentDirectory.hasPrefix("/"))
        #expect(surroundings.homeDirectory.hasPrefix("/"))
        #expect(!surroundings.hostName.isEmpty)
        #expect(surroundings.environment["PATH"] != nil)
        #expect(surroundings.userExists(.name("root")))
        #expect(!surroundings.userExists(.name("no-such-user")))
        #expect(surroundings.groupExists(.name("root")))
        #expect(!surroundings.groupExists(.name("no-such-group")))
        #expect(surroundings.userExists(.number(4_000_000)))
    }
}
