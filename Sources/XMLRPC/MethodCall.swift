// SPDX-License-Identifier: Apache-2.0

/// A call as a client has sent it: the name of a method and its parameters.
package struct MethodCall: Hashable, Sendable {
    let method: String
    let parameters: [XMLValue]

    init(_ method: String, _ parameters: [XMLValue]) {
        self.method = method
        self.parameters = parameters
    }

    /// Reads the body of a request; parameters may be left out where there are none.
    ///
    /// - Throws: `MalformedCall` when it is not XML, not a call, or costs too much.
    package init(
        _ body: [UInt8],
        limits: CallLimits = CallLimits()
    ) throws(MalformedCall) {
        let root = try XMLDocument.read(body, limits)
        guard root.name == "methodCall" else {
            throw MalformedCall("its element is <\(root.name)>, not <methodCall>")
        }
        guard let name = root.only("methodName")?.word, !name.isEmpty else {
            throw MalformedCall("it names no method")
        }
        method = name
        var values: [XMLValue] = []
        for list in root.children where list.name == "params" {
            for parameter in list.children {
                guard parameter.name == "param", let value = parameter.children.first,
                    parameter.children.count == 1
                else { throw MalformedCall("a parameter is not exactly one value") }
                values.append(try XMLValue(value))
            }
        }
        parameters = values
    }
}
