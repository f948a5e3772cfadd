// SPDX-License-Identifier: Apache-2.0

/// Every method that can be called, once: a name that is not in this table leads nowhere.
///
/// A call is looked up by its exact name. Nothing is derived from a name, so no name can reach
/// what was not meant to be reached.
enum MethodTable {
    static let all: [Method] = daemon + groups + processes + signals + logs + questions + system

    private static let byName: [String: Method] = {
        var table: [String: Method] = [:]
        for method in all {
            for name in method.names { table[name] = method }
        }
        return table
    }()

    /// Every name, sorted.
    static let names = byName.keys.sorted()

    static func method(_ name: String) -> Method? { byName[name] }

    /// What a call comes to.
    static func plan(_ call: MethodCall) throws(Fault) -> Plan {
        guard let method = byName[call.method] else { throw Fault(.unknownMethod) }
        return try method.plan(try Arguments(call.parameters, for: method.parameters))
    }
}

extension Parameter {
    static let name = Parameter("name", .string, "The process, as name or group:name.")
    static let group = Parameter("name", .string, "The group.")
    static let wait = Parameter(
        "wait",
        .flag,
        "Whether to answer only when the outcome is known.",
        default: .bool(true)
    )
    static let signal = Parameter("signal", .signal, "The signal, as in HUP, SIGHUP or 1.")
    static let offset = Parameter("offset", .int, "The first byte; from the end when negative.")
    static let length = Parameter("length", .int, "How many bytes; 0 means up to the end.")
}
