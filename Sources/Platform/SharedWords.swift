// SPDX-License-Identifier: Apache-2.0

private import CSpawn
private import Glibc
private import SystemPackage

/// Words of a memory file that are written as memory is: they are in it though this process dies.
///
/// It belongs to one thread. The file must hold all of them already, and must not become shorter.
package final class SharedWords {
    private let memory: UnsafeMutableBufferPointer<UInt64>

    /// Maps the first `count` words of a file (`mmap`).
    package init(of file: borrowing OwnedDescriptor, count: Int) throws(SystemError) {
        let size = count * MemoryLayout<UInt64>.size
        let start = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_SHARED, file.rawValue, 0)
        guard let start, start != MAP_FAILED else { throw .last("mmap") }
        memory = UnsafeMutableBufferPointer(
            start: start.bindMemory(to: UInt64.self, capacity: count),
            count: count
        )
    }

    deinit {
        munmap(memory.baseAddress, memory.count * MemoryLayout<UInt64>.size)
    }

    /// Stores a word behind all that was stored before it.
    package func store(_ value: UInt64, at index: Int) {
        guard memory.indices.contains(index), let start = memory.baseAddress else { return }
        swisord_store_word(start + index, value)
    }
}
