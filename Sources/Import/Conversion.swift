// SPDX-License-Identifier: Apache-2.0

package import Configuration

/// What a conversion came to.
package struct Conversion: Sendable {
    /// A file that has to lie beside the result, readable by its owner alone.
    package struct Secret: Hashable, Sendable {
        package let name: String
        package let text: String
    }

    /// The text of the `supervisor.yaml`.
    package var yaml: String
    /// What there is to say, in the order of the files.
    package var findings: [Finding]
    package var secrets: [Secret]

    /// Whether the result lacks something that the original does.
    package var isLossy: Bool { findings.contains { $0.weight == .lost } }
}

/// Where the result of a conversion will lie.
package struct OutputPlace: Hashable, Sendable {
    /// The absolute folder, which `%(here)s` will stand for.
    package let folder: String
    /// The name of the file; nil when it is printed.
    package let name: String?

    package init(folder: String, name: String?) {
        self.folder = folder
        self.name = name
    }
}

/// How a conversion gets at files.
package struct Library: Sendable {
    /// The bytes of a file, or why it cannot be read.
    package var read: @Sendable (String) -> Result<[UInt8], Unreadable>
    /// The files that match a pattern, sorted.
    package var matches: @Sendable (String) -> [String]

    package init(
        read: @escaping @Sendable (String) -> Result<[UInt8], Unreadable>,
        matches: @escaping @Sendable (String) -> [String]
    ) {
        self.read = read
        self.matches = matches
    }
}

extension Library {
    /// The text of a file; none has a NUL in it, which a supervisor.yaml cannot hold either.
    func text(of path: String) throws(Unreadable) -> String {
        let bytes = try read(path).get()
        guard !bytes.contains(0) else {
            throw Unreadable(reason: "a NUL byte is in it, so it is no text")
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// A file cannot be read, or nothing in it can be converted.
package struct Unreadable: Error, Hashable, Sendable {
    package let reason: String

    package init(reason: String) {
        self.reason = reason
    }
}

extension Conversion {
    /// Converts a supervisord.conf, with what it includes, or a Procfile.
    ///
    /// - Parameters:
    ///   - file: The file as the user named it.
    ///   - path: Its absolute path.
    ///   - output: Where the result will lie; printed results belong beside the original.
    ///   - library: Reads files.
    ///   - surroundings: The environment and the name of the host.
    /// - Returns: The new text, and what there is to say about it.
    /// - Throws: Why there is nothing to convert.
    package static func of(
        file: String,
        path: String,
        to output: OutputPlace,
        library: Library,
        surroundings: Surroundings
    ) throws(Unreadable) -> Conversion {
        let text = try library.text(of: path)
        var converter = Converter(output: output, surroundings: surroundings)
        if Procfile.isOne(name: file, text: text) {
            return converter.convert(Procfile(text, file: file, folder: PathText.parent(of: path)))
        }
        let original = SupervisordFile(
            text,
            file: file,
            path: path,
            library: library,
            surroundings: surroundings
        )
        guard !original.document.sections.isEmpty else {
            throw Unreadable(reason: "it is neither a configuration of supervisord nor a Procfile")
        }
        return converter.convert(original)
    }
}
