// SPDX-License-Identifier: Apache-2.0

import ControlAPI

/// What lives under a program, one process a line, children further to the right.
struct ProcessLines {
    let lines: [String]

    init(of program: ProcessInfo) {
        let processes = program.processes ?? []
        var depths: [Int: Int] = [:]
        lines = processes.map { process in
            let depth = depths[process.parent].map { $0 + 1 } ?? 0
            depths[process.pid] = depth
            let left = process.isLeftover ? "  left over" : ""
            return "  " + String(repeating: "  ", count: depth)
                + "\(process.pid) \(process.state)  \(ProcessLines.time(process.cpuTime))  "
                + "\(ProcessLines.size(process.memory))  \(Escaping.name(process.command))\(left)"
        }
    }

    /// Minutes, seconds and hundredths of them, as ps and top show it.
    private static func time(_ seconds: Double) -> String {
        let hundredths = Int((seconds * 100).rounded())
        let (minutes, rest) = hundredths.quotientAndRemainder(dividingBy: 6000)
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(minutes):\(two(rest / 100)).\(two(rest % 100))"
    }

    private static func size(_ bytes: UInt64) -> String {
        bytes < 10 << 20 ? "\(bytes >> 10)K" : "\(bytes >> 20)M"
    }
}
