// SPDX-License-Identifier: Apache-2.0

import Configuration
import Glibc
import Testing

@Suite("A file of the collection")
struct FixtureTests {
    /// `UPDATE_FIXTURES=1 swift test --filter FixtureTests` writes what the loader says now; read
    /// the difference before keeping it.
    private static let isUpdating = getenv("UPDATE_FIXTURES") != nil

    @Test("that is wrong draws exactly these complaints", arguments: Fixture.all(in: "invalid"))
    func invalid(_ fixture: Fixture) throws {
        let outcome = fixture.load()
        let text = outcome.diagnostics.map { "\($0)\n" }.joined()
        if Self.isUpdating { try write(text, to: "\(fixture.folder)/\(fixture.name).txt") }
        #expect(text == fixture.expected)
        #expect(outcome.configuration == nil)
    }

    @Test("that is right loads with exactly these warnings", arguments: Fixture.all(in: "valid"))
    func valid(_ fixture: Fixture) throws {
        let outcome = fixture.load()
        let text = outcome.diagnostics.map { "\($0)\n" }.joined()
        if Self.isUpdating, !text.isEmpty {
            try write(text, to: "\(fixture.folder)/\(fixture.name).txt")
        }
        #expect(text == fixture.expected)
        #expect(outcome.configuration != nil)
    }

    @Test("stands beside enough others to cover every message")
    func isOneOfMany() {
        #expect(Fixture.all(in: "invalid").count >= 60)
        #expect(Fixture.all(in: "valid").count >= 5)
    }
}
