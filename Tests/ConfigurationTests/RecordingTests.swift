// SPDX-License-Identifier: Apache-2.0

import Configuration
import Glibc
import Supervision
import Testing

@Suite("The recording of a configuration")
struct RecordingTests {
    /// A recording after its way through bytes.
    private func kept(_ outcome: ConfigurationLoader.Outcome) throws -> ConfigurationRecording {
        let recording = try #require(outcome.recording)
        let bytes = try #require(recording.encoded())
        let read = try ConfigurationRecording(bytes[...])
        #expect(read == recording)
        #expect(read.encoded() == bytes, "the same recording, the same bytes")
        return read
    }

    @Test(
        "makes the same configuration and says the same",
        arguments: Fixture.all(in: "valid")
    )
    func fixture(_ fixture: Fixture) throws {
        let outcome = fixture.load()
        let again = ConfigurationLoader.replay(try kept(outcome))
        #expect(again.configuration == outcome.configuration)
        #expect(again.diagnostics == outcome.diagnostics)
        #expect(again.recording == outcome.recording)
    }

    @Test("is made of no configuration that is wrong", arguments: Fixture.all(in: "invalid"))
    func wrong(_ fixture: Fixture) {
        #expect(fixture.load().recording == nil)
    }

    @Test("makes it again when the files, the links and the users are gone")
    func gone() throws {
        let folder = try TemporaryFolder()
        mkdir("\(folder.path)/conf.d", 0o755)
        _ = try folder.file("conf.d/b.yaml", "programs: {b: {command: b, user: josh}}")
        _ = try folder.file("elsewhere.yaml", "programs: {c: {command: c %(ENV_WHO)s}}")
        symlink("\(folder.path)/elsewhere.yaml", "\(folder.path)/conf.d/c.yaml")
        symlink("b.yaml", "\(folder.path)/conf.d/twice.yaml")
        var surroundings = Surroundings.ofTests(in: folder.path)
        surroundings.environment["WHO"] = "was there"
        surroundings.isRoot = true
        surroundings.userID = ownUserID()
        let outcome = try folder.load(
            "include: [conf.d/*.yaml, none/*.yaml]\nprograms: {a: {command: a, user: 'josh:staff'}}",
            surroundings: surroundings
        )
        let configuration = try #require(outcome.configuration, "\(outcome.diagnostics)")
        #expect(configuration.processes.count == 3)
        let recording = try kept(outcome)
        _ = try folder.file("supervisor.yaml", "programs: [wrong")
        _ = try folder.file("conf.d/a-new.yaml", "programs: {d: {command: d}}")
        for name in ["conf.d/b.yaml", "conf.d/c.yaml", "elsewhere.yaml"] {
            unlink("\(folder.path)/\(name)")
        }
        chmod(folder.path, 0o777)
        let again = ConfigurationLoader.replay(recording)
        #expect(again.configuration == configuration)
        #expect(again.diagnostics == outcome.diagnostics)
        #expect(again.recording == recording)
    }

    @Test("asks nothing that was not asked then")
    func unasked() throws {
        let folder = try TemporaryFolder()
        let file = try folder.file("supervisor.yaml", "programs: {a: {command: a}}")
        let empty = ConfigurationRecording(file: file, in: .ofTests(in: folder.path))
        let outcome = ConfigurationLoader.replay(empty)
        #expect(outcome.configuration == nil)
        #expect(outcome.recording == nil)
        #expect(
            outcome.diagnostics.map(\.message)
                == ["cannot read the file: it was not read when this configuration was made"]
        )
    }

    @Test("knows which files are not as they were read, whenever they were written")
    func changedFiles() throws {
        let folder = try TemporaryFolder()
        mkdir("\(folder.path)/conf.d", 0o755)
        let a = try folder.file("conf.d/a.yaml", "programs: {a: {command: a}}")
        let b = try folder.file("conf.d/b.yaml", "programs: {b: {command: b, env_file: '-b.env'}}")
        let main = "include: [conf.d/*.yaml]\n"
        let recording = try kept(try folder.load(main))
        #expect(recording.changedFiles() == [])

        var times = [timespec(), timespec()]
        utimensat(AT_FDCWD, a, &times, 0)
        #expect(recording.changedFiles() == [], "it was only touched")
        _ = try folder.file("conf.d/a.yaml", "programs: {a: {command: c}}")
        #expect(recording.changedFiles() == [a], "as many bytes as before")
        unlink(b)
        let c = try folder.file("conf.d/c.yaml", "programs: {c: {command: c}}")
        #expect(recording.changedFiles() == [a, b, c])
        let file = try folder.file("supervisor.yaml", main + "# more\n")
        #expect(recording.changedFiles() == [a, b, c, file])
        unlink(file)
        #expect(recording.changedFiles() == [a, b, c, file])
    }

    private func recording() throws -> [UInt8] {
        let folder = try TemporaryFolder()
        _ = try folder.file("more.yaml", "programs: {b: {command: b, user: 'josh:staff'}}")
        let outcome = try folder.load("include: more.yaml\nprograms: {a: {command: a}}")
        return try #require(outcome.recording?.encoded())
    }

    @Test("is refused when anything of it was changed or is missing")
    func damage() throws {
        let bytes = try recording()
        for length in bytes.indices {
            #expect(throws: BinaryFault.self) { try ConfigurationRecording(bytes[..<length]) }
        }
        #expect(throws: BinaryFault.checksum) { try ConfigurationRecording((bytes + [0])[...]) }
        for index in bytes.indices {
            var changed = bytes
            changed[index] ^= 0x10
            #expect(throws: BinaryFault.self) { try ConfigurationRecording(changed[...]) }
        }
    }

    @Test("never traps, whatever somebody writes with a right checksum")
    func hostile() throws {
        var random = SplitMix64(seed: 4)
        let bytes = try recording()
        var read = 0
        for _ in 0..<5000 {
            var body = Array(bytes.dropLast(4))
            for _ in 0...Int.random(in: 0...2, using: &random) {
                let index = Int.random(in: 8..<body.count, using: &random)
                body[index] = [0, 1, 2, 0x7F, 0x80, 0xFF].randomElement(using: &random) ?? 0
            }
            if random.next() & 7 == 0 {
                body.removeLast(Int.random(in: 0..<body.count - 8, using: &random))
            }
            var tail = BinaryWriter()
            tail.write(Checksum.of(body))
            guard let recording = try? ConfigurationRecording((body + tail.bytes)[...]) else {
                continue
            }
            read += 1
            let outcome = ConfigurationLoader.replay(recording)
            #expect(outcome.configuration != nil || !outcome.diagnostics.isEmpty)
        }
        #expect(read > 100, "the mutations were all too rough")
    }
}
