// SPDX-License-Identifier: Apache-2.0

extension ProcessInfo {
    /// One process that lives under a program.
    package struct Member: Hashable, Sendable, Codable {
        package var pid: Int
        package var parent: Int
        /// Its arguments with spaces between them, cut when they are long; what nobody may read
        /// is its name in brackets.
        package var command: String
        /// The letter that ps shows, as in `R`, `S`, `D`, `T`, `Z`.
        package var state: String
        /// What it has used of processors, in seconds.
        package var cpuTime: Double
        /// What it has in memory, in bytes; what is shared is counted with everyone.
        package var memory: UInt64
        /// Whether it was left behind by a run that has ended.
        package var isLeftover: Bool

        private enum CodingKeys: String, CodingKey {
            case pid, parent, command, state
            case cpuTime = "cpu_seconds"
            case memory = "memory_bytes"
            case isLeftover = "leftover"
        }

        package init(
            pid: Int,
            parent: Int,
            command: String,
            state: String,
            cpuTime: Double,
            memory: UInt64,
            isLeftover: Bool
        ) {
            self.pid = pid
            self.parent = parent
            self.command = command
            self.state = state
            self.cpuTime = cpuTime
            self.memory = memory
            self.isLeftover = isLeftover
        }
    }
}
