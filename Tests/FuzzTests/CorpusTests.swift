// SPDX-License-Identifier: Apache-2.0

import FuzzTargets
import Glibc
import Testing

/// The saved inputs of a target.
private struct Corpus {
    let inputs: [(name: String, bytes: [UInt8])]

    init(_ target: FuzzTarget) {
        let file = #filePath
        let tests = file.split(separator: "/").dropLast(2).joined(separator: "/")
        var found = glob_t()
        defer { globfree(&found) }
        guard glob("/\(tests)/Corpus/\(target.rawValue)/*", 0, nil, &found) == 0 else {
            inputs = []
            return
        }
        inputs = (0..<Int(found.gl_pathc)).compactMap { index in
            guard let path = found.gl_pathv[index].map({ String(cString: $0) }) else { return nil }
            return (String(path.split(separator: "/").last ?? ""), Corpus.bytes(of: path))
        }
    }

    private static func bytes(of path: String) -> [UInt8] {
        guard let file = fopen(path, "r") else { return [] }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        let count = fread(&bytes, 1, bytes.count, file)
        return Array(bytes.prefix(count))
    }
}

/// SplitMix64: the same inputs on every machine.
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

@Suite("What reads the words of others", .serialized, .timeLimit(.minutes(10)))
struct CorpusTests {
    @Test("takes every input that was ever saved", arguments: FuzzTarget.allCases)
    func saved(target: FuzzTarget) {
        let corpus = Corpus(target)
        #expect(!corpus.inputs.isEmpty, "Tests/Corpus/\(target.rawValue) is empty")
        #expect(corpus.inputs.contains { $0.bytes.contains { $0 != 0 } })
        for (name, bytes) in corpus.inputs {
            #expect(throws: Never.self, "\(target.rawValue)/\(name)") { try target.run(bytes) }
        }
    }

    @Test("takes what is nearly such an input", arguments: FuzzTarget.allCases)
    func mutated(target: FuzzTarget) {
        let corpus = Corpus(target)
        var random = Generator(state: 7)
        for round in 0..<300 {
            guard var bytes = corpus.inputs.randomElement(using: &random)?.bytes else { return }
            for _ in 0...Int.random(in: 0..<4, using: &random) {
                let place = Int.random(in: 0...bytes.count, using: &random)
                let end = min(bytes.count, place + Int.random(in: 0..<4, using: &random))
                let count = Int.random(in: 0..<3, using: &random)
                let new = (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &random) }
                bytes.replaceSubrange(place..<end, with: new)
            }
            #expect(throws: Never.self, "\(target.rawValue), round \(round): \(bytes)") {
                try target.run(bytes)
            }
        }
    }
}
