// SPDX-License-Identifier: Apache-2.0

/// The one YAML document of a file, as a tree.
///
/// Reading takes bounded time and memory whatever the file holds: its size, its depth and the
/// number of its nodes with every alias written out are limited, and the limits are checked as
/// events arrive, before anything is built from them. The depth matters most, because libyaml
/// takes time in the square of it.
package struct Document: Sendable {
    package let source: Source
    /// The tree; nil when the file is empty, or cannot be read as YAML at all.
    package let root: Node?
    /// What is wrong; duplicate keys leave `root` usable, everything else ends the reading.
    package let problems: [Problem]

    /// How deep lists and maps may be nested.
    package static let maximumDepth = 32
    /// How many nodes a file may have once each alias is replaced by what it stands for.
    package static let maximumNodes = 1_000_000

    /// Reads the contents of a file.
    ///
    /// - Parameters:
    ///   - bytes: The contents.
    ///   - file: The file as the user named it, for messages.
    ///   - key: Where to stop: behind this key of the map at the top and its value, where `root`
    ///     ends then. Without it, or when there is no such key, all of the file is read.
    package init(parsing bytes: [UInt8], file: String, through key: String? = nil) {
        var unreadable: Problem?
        source = Source(bytes: bytes, file: file, problem: &unreadable)
        if let unreadable {
            root = nil
            problems = [unreadable]
            return
        }
        var builder = TreeBuilder(file: file)
        do throws(Problem) {
            try Document.feed(&builder, from: source, through: key)
            root = builder.root ?? builder.top
            problems = builder.duplicates
        } catch {
            root = nil
            problems = builder.duplicates + [error]
        }
    }

    private static func feed(
        _ builder: inout TreeBuilder,
        from source: Source,
        through key: String?
    ) throws(Problem) {
        var events = try EventStream(source)
        var documents = 0
        while true {
            let (event, mark) = try events.next(in: source)
            switch event {
            case .streamStart, .documentEnd: continue
            case .streamEnd: return
            case .documentStart:
                documents += 1
                if documents > 1 {
                    throw Problem("a second document begins here; one file holds one", at: mark)
                }
            case .scalar, .alias, .sequenceStart, .mappingStart, .sequenceEnd, .mappingEnd:
                try builder.take(event, at: mark)
                if let key, builder.hasJustRead(key) { return }
            }
        }
    }
}
