// SPDX-License-Identifier: Apache-2.0

extension XMLValue {
    /// Reads a `value` element; one without a type is a string.
    ///
    /// The tree has a bounded depth, and so has the recursion.
    init(_ element: XMLElement) throws(MalformedCall) {
        guard element.name == "value", element.children.count <= 1 else {
            throw MalformedCall("where a value should be is <\(element.name)>")
        }
        guard let typed = element.children.first else {
            self = .text(element.string)
            return
        }
        switch typed.name {
        case "int", "i4", "i8":
            guard let number = Int(typed.word) else { throw typed.isNot("a whole number") }
            self = .int(number)
        case "boolean": self = .bool(try XMLValue.truth(typed))
        case "string": self = .text(typed.string)
        case "double":
            guard let number = Double(typed.word) else { throw typed.isNot("a number") }
            self = .double(number)
        case "dateTime.iso8601": self = .date(typed.word)
        case "base64":
            guard let bytes = Base64.decode(typed.text) else { throw typed.isNot("base64") }
            self = .bytes(bytes)
        case "array": self = .array(try XMLValue.elements(typed))
        case "struct": self = .structure(try XMLValue.members(typed))
        case "nil": self = .null
        default: throw MalformedCall("there is no type <\(typed.name)>")
        }
    }

    private static func truth(_ element: XMLElement) throws(MalformedCall) -> Bool {
        switch element.word {
        case "1", "true": true
        case "0", "false": false
        default: throw element.isNot("0 or 1")
        }
    }

    private static func elements(_ element: XMLElement) throws(MalformedCall) -> [XMLValue] {
        guard let data = element.only("data"), element.children.count == 1 else {
            throw MalformedCall("an array has not exactly one <data>")
        }
        var values: [XMLValue] = []
        for child in data.children { values.append(try XMLValue(child)) }
        return values
    }

    private static func members(_ element: XMLElement) throws(MalformedCall) -> [Member] {
        var members: [Member] = []
        for child in element.children {
            guard child.name == "member", let name = child.only("name"),
                let value = child.only("value")
            else { throw MalformedCall("a struct has something that is no member") }
            members.append(Member(name.string, try XMLValue(value)))
        }
        return members
    }
}

extension XMLElement {
    fileprivate func isNot(_ what: String) -> MalformedCall {
        MalformedCall("'\(word.prefix(40))' in <\(name)> is not \(what)")
    }
}
