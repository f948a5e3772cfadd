// SPDX-License-Identifier: Apache-2.0

import ControlAPI

/// What is known of processes.
extension MethodTable {
    static let questions: [Method] = [
        Method(
            "supervisor.getProcessInfo",
            "struct",
            "What is known of a process.",
            [.name]
        ) { arguments throws(Fault) in
            let reference = try ProcessReference(arguments.text(0))
            return .ask(.programs(Selection([try reference.process()]))) {
                response throws(Fault) in
                let answer = try ProcessAnswer(response)
                return .value(answer.value(try answer.single(reference.text)))
            }
        },
        Method(
            "supervisor.getAllProcessInfo",
            "array",
            "What is known of all processes, by group and then by name."
        ) { _ in
            .ask(.programs(.all)) { response throws(Fault) in
                let answer = try ProcessAnswer(response)
                return .value(.array(try answer.list(nil).map(answer.value)))
            }
        },
    ]
}
