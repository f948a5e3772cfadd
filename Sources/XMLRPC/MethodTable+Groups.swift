// SPDX-License-Identifier: Apache-2.0

import ControlAPI

/// Groups of the file: what there are, and taking single ones in and out.
extension MethodTable {
    static let groups: [Method] = [
        Method(
            "supervisor.getAllConfigInfo",
            "array",
            "The settings of each process of the file, as it was read last."
        ) { _ in
            .ask(.available) { response throws(Fault) in
                guard case .available(let list) = response else {
                    throw Fault(response, about: nil)
                }
                let sorted = list.configured.sorted { ($0.name, $0.group) < ($1.name, $1.group) }
                return .value(.array(sorted.map(ConfigurationStructure.value)))
            }
        },
        Method(
            "supervisor.addProcessGroup",
            "boolean",
            "Takes a group of the file in, and starts what starts by itself.",
            [.group]
        ) { arguments throws(Fault) in try change(arguments.text(0), Request.add) },
        Method(
            "supervisor.removeProcessGroup",
            "boolean",
            "Takes a group out of which nothing runs.",
            [.group]
        ) { arguments throws(Fault) in try change(arguments.text(0), Request.remove) },
    ]

    private static func change(
        _ name: String,
        _ request: ([String]) -> Request
    ) throws(Fault) -> Plan {
        let group = try ProcessReference(group: name).text
        return .ask(request([group])) { response throws(Fault) in
            try CommandAnswer(response, about: group).single()
        }
    }
}
