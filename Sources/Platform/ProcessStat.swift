// SPDX-License-Identifier: Apache-2.0

private import Glibc

/// What /proc/PID/stat says of a process (proc_pid_stat(5)).
///
/// It is read by pid, so it may be another process's by the time it is looked at: compare
/// `startTicks` where that matters.
package struct ProcessStat: Hashable, Sendable {
    package let pid: Int32
    /// The letter of the state, as in `R`, `S`, `D`, `T`, `Z`.
    package let state: UInt8
    package let parent: Int32
    package let group: Int32
    package let session: Int32
    /// The kernel's PF_ bits (include/linux/sched.h).
    package let flags: UInt32
    /// Time used in user and kernel mode, threads included, in ticks of `sysconf(_SC_CLK_TCK)`.
    package let userTicks: UInt64
    package let systemTicks: UInt64
    /// When it was made, in ticks since boot.
    ///
    /// A pid and this name one process for good.
    package let startTicks: UInt64
    /// Memory that is in RAM now, in pages; what is shared is counted with everyone.
    package let residentPages: Int64
    /// The name of its executable or what it calls itself, at most 15 bytes.
    package let name: String
    /// Its wait status once it has ended.
    ///
    /// Nil where this kernel has no such field. 0 also stands for "you may not know": see
    /// `PidDescriptor.exitStatus`.
    package let waitStatus: Int32?

    /// Whether the process has ended: a zombie, or dead.
    package var hasEnded: Bool { state == UInt8(ascii: "Z") || state == UInt8(ascii: "X") }

    /// Whether it waits for something that no signal interrupts (D): a disk, as a rule.
    package var isHeld: Bool { state == UInt8(ascii: "D") }

    /// Whether it is only waiting for a processor, if it does not have one.
    package var isRunnable: Bool { state == UInt8(ascii: "R") }

    /// Whether it has executed a program since it was made (PF_FORKNOEXEC is clear).
    ///
    /// False between clone and exec; a zombie still tells.
    package var hasExecuted: Bool { flags & 0x40 == 0 }

    /// Whether it is a kernel thread (PF_KTHREAD).
    package var isKernelThread: Bool { flags & 0x20_0000 != 0 }

    /// Reads the fields of one process; nil when it is gone or there is no /proc.
    package static func read(_ pid: Int32) -> ProcessStat? {
        guard pid > 0 else { return nil }
        let number = open("/proc/\(pid)/stat", O_RDONLY | O_CLOEXEC)
        guard number >= 0 else { return nil }
        let file = OwnedDescriptor(owning: number)
        return withUnsafeTemporaryAllocation(byteCount: 2048, alignment: 1) { buffer in
            let count = Glibc.read(file.rawValue, buffer.baseAddress, buffer.count)
            guard count > 0 else { return nil }
            return ProcessStat(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
    }

    /// Parses `PID (name) S PPID PGRP …`; the name may hold spaces, parentheses and newlines.
    package init?(_ text: some BidirectionalCollection<UInt8>) {
        guard let open = text.firstIndex(of: UInt8(ascii: "(")),
            let close = text.lastIndex(of: UInt8(ascii: ")")), open < close,
            let pid = Int32(String(decoding: text[..<open].dropLast(), as: UTF8.self))
        else { return nil }
        let fields = text[text.index(after: close)...]
            .split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\n") }
        /// The field by its number in the manual page, of which the name is the second.
        func field<Number: FixedWidthInteger>(_ number: Int) -> Number? {
            guard fields.indices.contains(number - 3) else { return nil }
            return Number(String(decoding: fields[number - 3], as: UTF8.self))
        }
        guard let state = fields.first?.first,
            let parent: Int32 = field(4), let group: Int32 = field(5),
            let session: Int32 = field(6), let flags: UInt32 = field(9),
            let userTicks: UInt64 = field(14), let systemTicks: UInt64 = field(15),
            let startTicks: UInt64 = field(22)
        else { return nil }
        self.pid = pid
        self.state = state
        self.parent = parent
        self.group = group
        self.session = session
        self.flags = flags
        self.userTicks = userTicks
        self.systemTicks = systemTicks
        self.startTicks = startTicks
        residentPages = field(24) ?? 0
        name = String(decoding: text[text.index(after: open)..<close], as: UTF8.self)
        waitStatus = field(52)
    }
}
