// SPDX-License-Identifier: Apache-2.0

/// Makes a tree of events, resolving aliases and merge keys as it goes.
///
/// A finished node is kept with how many nodes it stands for and how deep it is, so that an alias
/// is charged for what it would be when written out, though its tree is shared.
struct TreeBuilder {
    private(set) var root: Node?
    private(set) var duplicates: [Problem] = []

    private let file: String
    private var open: [Frame] = []
    private var anchors: [String: Finished] = [:]
    /// The anchors of nodes that are not finished: an alias to one would never end.
    private var unfinished: Set<String> = []
    private var total = 0

    /// A complaint about each of a million duplicates would help nobody.
    private static let maximumDuplicates = 20

    init(file: String) {
        self.file = file
    }

    /// A node, and what it costs wherever it is repeated.
    private struct Finished {
        var node: Node
        var nodes: Int
        var height: Int
    }

    /// A list or map whose end has not come yet.
    private struct Frame {
        var mark: Mark
        var anchor: String?
        var isMapping: Bool
        var items: [Node] = []
        var entries: [Entry] = []
        /// Where each key of a map stands in `entries`.
        var keys: [String: Int] = [:]
        var pendingKey: (text: String, mark: Mark, isMerge: Bool)?
        var merges: [(node: Node, mark: Mark)] = []
        var nodes = 1
        var height = 1
    }

    mutating func take(_ event: Event, at mark: Mark) throws(Problem) {
        switch event {
        case .scalar(let scalar, let anchor):
            try charge(1, height: 0, at: mark)
            let finished = Finished(node: Node(.scalar(scalar), at: mark), nodes: 1, height: 0)
            if let anchor { anchors[anchor] = finished }
            try place(finished, at: mark)
        case .alias(let name):
            guard !unfinished.contains(name) else {
                throw Problem("the alias '*\(name)' stands inside what it names", at: mark)
            }
            guard var finished = anchors[name] else {
                throw Problem("there is no anchor '&\(name)' above this alias", at: mark)
            }
            try charge(finished.nodes, height: finished.height, at: mark)
            if case .scalar = finished.node.content { finished.node.mark = mark }
            try place(finished, at: mark)
        case .sequenceStart(let anchor): try begin(isMapping: false, anchor: anchor, at: mark)
        case .mappingStart(let anchor): try begin(isMapping: true, anchor: anchor, at: mark)
        case .sequenceEnd, .mappingEnd: try end()
        case .documentStart, .documentEnd, .streamStart, .streamEnd: break
        }
    }

    /// Whether what was taken last is the value of `key` in the map at the top.
    func hasJustRead(_ key: String) -> Bool {
        open.count == 1 && open[0].pendingKey == nil && open[0].entries.last?.key == key
    }

    /// The map at the top as far as it has been read; nil when nothing, or all of it, has been.
    var top: Node? {
        guard let frame = open.first, frame.isMapping else { return nil }
        return Node(.mapping(frame.entries), at: frame.mark)
    }

    private mutating func charge(_ nodes: Int, height: Int, at mark: Mark) throws(Problem) {
        total += nodes
        guard total <= Document.maximumNodes else {
            throw Problem(
                "the file has more than a million nodes once aliases are resolved",
                at: mark
            )
        }
        guard open.count + height <= Document.maximumDepth else {
            throw Problem(
                "lists and maps are nested more than \(Document.maximumDepth) deep",
                at: mark
            )
        }
    }

    private mutating func begin(isMapping: Bool, anchor: String?, at mark: Mark) throws(Problem) {
        try charge(1, height: 1, at: mark)
        if let frame = open.last, frame.isMapping, frame.pendingKey == nil {
            throw Problem("a key must be text, not a list or a map", at: mark)
        }
        if let anchor {
            // A name may be used again; from here on it means the newer node.
            anchors[anchor] = nil
            unfinished.insert(anchor)
        }
        // The mark of a block ends nowhere useful, so only its first character is underlined.
        let start = Mark(file: mark.file, line: mark.line, column: mark.column)
        open.append(Frame(mark: start, anchor: anchor, isMapping: isMapping))
    }

    private mutating func end() throws(Problem) {
        guard var frame = open.popLast() else { return }
        try merge(into: &frame)
        let content: Node.Content =
            frame.isMapping ? .mapping(frame.entries) : .sequence(frame.items)
        let finished = Finished(
            node: Node(content, at: frame.mark),
            nodes: frame.nodes,
            height: frame.height
        )
        if let anchor = frame.anchor {
            unfinished.remove(anchor)
            anchors[anchor] = finished
        }
        try place(finished, at: frame.mark)
    }

    /// Puts a finished node where the innermost open list or map wants it.
    private mutating func place(_ finished: Finished, at mark: Mark) throws(Problem) {
        guard !open.isEmpty else {
            root = finished.node
            return
        }
        let last = open.count - 1
        open[last].nodes += finished.nodes
        open[last].height = max(open[last].height, finished.height + 1)
        guard open[last].isMapping else {
            open[last].items.append(finished.node)
            return
        }
        guard let key = open[last].pendingKey else {
            guard let scalar = finished.node.scalar else {
                throw Problem("a key must be text, not a list or a map", at: mark)
            }
            let isMerge = scalar.isPlain && scalar.text == "<<"
            open[last].pendingKey = (scalar.text, mark, isMerge)
            return
        }
        open[last].pendingKey = nil
        if key.isMerge {
            open[last].merges.append((finished.node, key.mark))
        } else if let earlier = open[last].keys[key.text] {
            complain(about: key.text, at: key.mark, earlier: open[last].entries[earlier].keyMark)
        } else {
            open[last].keys[key.text] = open[last].entries.count
            open[last].entries.append(
                Entry(key: key.text, keyMark: key.mark, value: finished.node)
            )
        }
    }

    private mutating func complain(about key: String, at mark: Mark, earlier: Mark) {
        guard duplicates.count < TreeBuilder.maximumDuplicates else { return }
        duplicates.append(
            Problem("the key '\(key)' is given twice; the first is at \(earlier)", at: mark)
        )
    }

    /// Adds what `<<` names under the keys that the map has itself; of two maps the first wins.
    private mutating func merge(into frame: inout Frame) throws(Problem) {
        if frame.merges.count > 1 {
            complain(about: "<<", at: frame.merges[1].mark, earlier: frame.merges[0].mark)
        }
        for (node, mark) in frame.merges {
            for map in node.sequence ?? [node] {
                guard let entries = map.mapping else {
                    throw Problem("'<<' takes a map, or a list of maps", at: mark)
                }
                for entry in entries where frame.keys[entry.key] == nil {
                    frame.keys[entry.key] = frame.entries.count
                    frame.entries.append(entry)
                }
            }
        }
    }
}
