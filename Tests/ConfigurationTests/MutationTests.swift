// SPDX-License-Identifier: Apache-2.0

import Configuration
import Glibc
import Testing
import YAML

@Suite("A damaged file")
struct MutationTests {
    /// Pieces that mean something to the parser or to a key.
    private static let pieces: [[UInt8]] =
        [
            "[", "]", "{", "}", ":", ": ", "- ", "\n", "  ", "\t", "\"", "'", "|", ">", "#", "&a ",
            "*a",
            "<<: ", "%(", ")s", "%", "\\", "~", "\u{0}", "é", "\u{85}", "999999999999999999999",
            "-1",
            "true", "null", "!!x ", "---\n", "? ", ",",
        ].map { Array($0.utf8) } + [[0xFF], [0xC3], [0xED, 0xA0, 0x80], [0x0D]]

    /// `MUTATIONS=100000` looks longer.
    private static let rounds = getenv("MUTATIONS").flatMap { Int(String(cString: $0)) } ?? 400

    @Test("never stops the loader, whose every complaint can be shown", .timeLimit(.minutes(10)))
    func mutations() throws {
        let folder = try TemporaryFolder()
        let originals = try (Fixture.all(in: "valid") + Fixture.all(in: "invalid"))
            .map { try bytes(of: "\($0.folder)/\($0.name).yaml") }.filter { $0.count < 4000 }
        var random = Generator(state: 42)
        for _ in 0..<Self.rounds {
            var text = originals.randomElement(using: &random) ?? []
            for _ in 0...Int.random(in: 0..<4, using: &random) {
                let place = Int.random(in: 0...text.count, using: &random)
                let end = min(text.count, place + Int.random(in: 0..<4, using: &random))
                text.replaceSubrange(
                    place..<end,
                    with: Self.pieces.randomElement(using: &random) ?? []
                )
            }
            try write(text, to: "\(folder.path)/supervisor.yaml")
            let outcome = ConfigurationLoader.load(
                file: "supervisor.yaml",
                surroundings: .ofTests(in: folder.path)
            )
            let hasError = outcome.diagnostics.contains { $0.severity == .error }
            #expect((outcome.configuration == nil) == hasError, "\(text)")
            for diagnostic in outcome.diagnostics {
                let lines = diagnostic.description.split(separator: "\n")
                #expect(lines.count == 1 || lines.count == 3, "\(diagnostic)")
            }
        }
    }
}

/// SplitMix64: the same numbers on every machine.
private struct Generator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
