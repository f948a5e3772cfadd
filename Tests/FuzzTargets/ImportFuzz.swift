// SPDX-License-Identifier: Apache-2.0

import Configuration
import YAML

@testable import Import

/// A supervisord.conf or a Procfile: whatever is in it, what it becomes is YAML.
///
/// What follows a NUL is the file that it includes.
enum ImportFuzz {
    static func run(_ bytes: [UInt8]) throws(Finding) {
        let files = bytes.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
            .map(Array.init)
        try checkScalars(String(decoding: bytes.prefix(120), as: UTF8.self))
        let conversion: Conversion
        do throws(Unreadable) {
            conversion = try Conversion.of(
                file: "s.conf",
                path: "/etc/s.conf",
                to: OutputPlace(folder: "/etc", name: nil),
                library: Library(
                    read: { .success($0 == "/etc/s.conf" ? files[0] : files.last ?? []) },
                    matches: { files.count == 2 ? [$0] : [] }
                ),
                surroundings: ConfigurationFuzz.surroundings
            )
        } catch {
            return try require(!error.reason.isEmpty, "refused for no reason")
        }
        let document = Document(parsing: Array(conversion.yaml.utf8), file: "s.yaml")
        let problems = document.problems.map(\.message).joined(separator: "; ")
        try require(problems.isEmpty, "\(problems) in \(conversion.yaml)")
        try require(
            conversion.yaml.isEmpty || document.root?.mapping != nil || conversion.isComment,
            "no map: \(conversion.yaml)"
        )
    }

    /// A text is the same after it was written and read, and so is a key, of which YAML takes 1024
    /// characters, escapes and all.
    private static func checkScalars(_ text: String) throws(Finding) {
        let written = """
            \(YAMLWriter.scalar(text, inFlow: false)): [\(YAMLWriter.scalar(text, inFlow: true))]
            """
        let document = Document(parsing: Array(written.utf8), file: "s.yaml")
        // Replacement characters and the like stay what they are; a NUL is in no YAML.
        if text.unicodeScalars.contains("\0") { return }
        let entry = document.root?.mapping?.first
        try require(entry?.key == text, "the key '\(text)' became \(written)")
        let item = entry?.value.sequence?.first?.scalar
        try require(item?.text == text, "'\(text)' became \(written)")
        let isText = item.map { $0.isQuoted || !["~", "null"].contains($0.text) } ?? false
        try require(isText, "'\(text)' became no text: \(written)")
    }
}

extension Conversion {
    /// Nothing is in it but comments.
    fileprivate var isComment: Bool {
        yaml.utf8.split(separator: 0x0A).allSatisfy { $0.first == UInt8(ascii: "#") }
    }
}
