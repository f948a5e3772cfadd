// SPDX-License-Identifier: Apache-2.0

import ControlAPI

/// What a client calls a process or a group: `name`, `group:name`, `group:` or `group:*`.
///
/// A name without a group is its own group's. There are no patterns here: a client that asks for
/// `web*` means a process of that name, and there is none.
struct ProcessReference: Hashable, Sendable {
    enum Target: Hashable, Sendable {
        case process(group: String, name: String)
        case group(String)
    }

    /// As the client wrote it.
    let text: String
    let target: Target

    init(_ text: String) throws(Fault) {
        self.text = text
        let halves = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let group = String(halves[0])
        let name = halves.count == 2 ? String(halves[1]) : group
        let isWhole = name.isEmpty || name == "*"
        let isPattern = (group + (isWhole ? "" : name)).contains { "*?".contains($0) }
        guard !group.isEmpty, !isPattern, !name.contains(":") else { throw Fault(.badName, text) }
        target = isWhole ? .group(group) : .process(group: group, name: name)
    }

    /// The group that has this name, whatever is in the name.
    init(group: String) throws(Fault) {
        guard !group.isEmpty, !group.contains(where: { "*?:".contains($0) }) else {
            throw Fault(.badName, group)
        }
        text = group
        target = .group(group)
    }

    var selection: Selection {
        switch target {
        case .process(let group, let name): Selection(["\(group):\(name)"])
        case .group(let group): Selection(["\(group):*"])
        }
    }

    /// The full name of the one process that is meant.
    func process() throws(Fault) -> String {
        guard case .process(let group, let name) = target else { throw Fault(.badName, text) }
        return "\(group):\(name)"
    }

    /// How supervisord writes a process: a name that is its group's stands alone.
    static func name(_ name: String, in group: String) -> String {
        name == group ? name : "\(group):\(name)"
    }
}
