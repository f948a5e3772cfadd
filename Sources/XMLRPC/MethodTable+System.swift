// SPDX-License-Identifier: Apache-2.0

import ControlAPI

/// What the methods are, and several calls in one.
extension MethodTable {
    static let system: [Method] = [
        Method("system.listMethods", "array", "The names of all methods, sorted.") { _ in
            .value(.array(names.map(XMLValue.text)))
        },
        Method(
            "system.methodHelp",
            "string",
            "What a method does.",
            [Parameter("name", .string, "The method.")]
        ) { arguments throws(Fault) in
            guard let method = method(arguments.text(0)) else {
                throw Fault(.signatureUnsupported)
            }
            return .value(.text(method.help))
        },
        Method(
            "system.methodSignature",
            "array",
            "The types of a method: of its result, and then of each parameter.",
            [Parameter("name", .string, "The method.")]
        ) { arguments throws(Fault) in
            guard let method = method(arguments.text(0)) else {
                throw Fault(.signatureUnsupported)
            }
            return .value(.array(method.signature.map(XMLValue.text)))
        },
        Method(
            "system.multicall",
            "array",
            "Carries out several calls, one after the other; a result is a bare value, or a fault.",
            [Parameter("calls", .array, "Structs with methodName and params.")]
        ) { Multicall(rest: $0.array(0)[...]).proceed() },
    ]
}

/// Several calls that are carried out in turn.
private struct Multicall {
    var rest: ArraySlice<XMLValue>
    var results: [XMLValue] = []

    /// Carries calls out up to the first that the daemon has to be asked for.
    func proceed() -> Plan {
        var state = self
        while let call = state.rest.popFirst() {
            do throws(Fault) {
                switch try Multicall.plan(call) {
                case .value(let value): state.results.append(value)
                case .ask(let request, let then): return state.waiting(request, then)
                }
            } catch {
                state.results.append(error.value)
            }
        }
        return .value(.array(state.results))
    }

    /// Asks for the call that is being carried out, and then goes on with the rest.
    private func waiting(
        _ request: Request,
        _ then: @escaping @Sendable (Response) throws(Fault) -> Plan
    ) -> Plan {
        .ask(request) { response in
            var state = self
            do throws(Fault) {
                switch try then(response) {
                case .value(let value): state.results.append(value)
                case .ask(let request, let then): return state.waiting(request, then)
                }
            } catch {
                state.results.append(error.value)
            }
            return state.proceed()
        }
    }

    private static func plan(_ call: XMLValue) throws(Fault) -> Plan {
        guard case .text(let name) = call.member("methodName") else {
            throw Fault(.incorrectParameters, "No methodName")
        }
        guard name != "system.multicall" else {
            throw Fault(.incorrectParameters, "Recursive system.multicall forbidden")
        }
        switch call.member("params") {
        case .array(let parameters): return try MethodTable.plan(MethodCall(name, parameters))
        case nil: return try MethodTable.plan(MethodCall(name, []))
        default: throw Fault(.incorrectParameters, "params")
        }
    }
}
