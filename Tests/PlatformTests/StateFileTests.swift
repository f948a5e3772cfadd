// SPDX-License-Identifier: Apache-2.0

import Glibc
@testable import Platform
import Supervision
import SystemPackage
import Testing

@Suite("The state file")
struct StateFileTests {
    private let folder = Folder()
    private var path: String { "\(folder.path)/state" }
    private let boot = BootID(text: "a-boot-of-the-tests")

    private func slots(_ contents: StateFile.Contents) -> [Int: [UInt8]] {
        contents.slots.mapValues { Array($0) }
    }

    /// Writes over a part of the file.
    private func scribble(_ bytes: [UInt8], at offset: Int) {
        let number = open(path, O_WRONLY | O_CLOEXEC)
        defer { close(number) }
        #expect(pwrite(number, bytes, bytes.count, off_t(offset)) == bytes.count)
    }

    @Test("is known as the one that it is, by whoever opens it")
    func identity() throws {
        let made = try StateFile.create(path, boot: boot).identity
        #expect(try StateFile.open(path).identity == made)
        let other = try StateFile.create(path + "-other", boot: boot).identity
        #expect(other != made)
    }

    @Test("keeps what was written last in each slot, for whoever opens it")
    func keeps() throws {
        let full = [UInt8](repeating: 0xA5, count: StateFile.capacity)
        do {
            let file = try StateFile.create(path, boot: boot)
            #expect(try file.readAll() == StateFile.Contents())
            try file.write([1, 2, 3], to: 0)
            try file.write(full, to: 1)
            try file.write([9], to: 300)
            try file.write([4], to: 5)
            try file.write([7, 7, 7, 7], to: 0)
            try file.write([8], to: 0)
            try file.erase(5)
            try file.erase(200)
        }
        let file = try StateFile.open(path)
        #expect(file.boot == boot)
        let contents = try file.readAll()
        #expect(slots(contents) == [0: [8], 1: full, 300: [9]])
        #expect(contents.damaged.isEmpty)
        let copy = OwnedDescriptor(owning: dup(file.descriptor.rawValue))
        #expect(slots(try StateFile(owning: copy).readAll()) == slots(contents))
    }

    @Test("is its owner's alone")
    func mode() throws {
        let old = umask(0)
        defer { umask(old) }
        _ = try StateFile.create(path, boot: boot)
        var status = stat()
        #expect(stat(path, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o600)
    }

    @Test("takes the place of another only when it is complete, and follows no link")
    func replaces() throws {
        let other = folder.file("other", "precious")
        symlink(other, path)
        #expect(throws: StateFile.Failure.self) { _ = try StateFile.open(path) }
        _ = try StateFile.create(path, boot: boot)
        #expect(contents(other) == "precious")
        _ = try StateFile.open(path)
        #expect(throws: StateFile.Failure.self) {
            _ = try StateFile.create("\(folder.path)/nowhere/state", boot: boot)
        }
    }

    @Test("tells a slot that is not what was written, and gives the others")
    func damage() throws {
        let file = try StateFile.create(path, boot: boot)
        for slot in 0..<6 { try file.write([UInt8(slot), 1, 2, 3, 4], to: slot) }
        scribble([99], at: 2 * 1024 + 10)
        scribble([200], at: 4 * 1024)
        scribble([0xFF, 0xFF, 0xFF, 0xFF], at: 5 * 1024)
        let result = try file.readAll()
        #expect(result.damaged == [1, 3, 4])
        #expect(result.slots.keys.sorted() == [0, 2, 5])
    }

    @Test("does not believe a slot in the place of another")
    func moved() throws {
        let file = try StateFile.create(path, boot: boot)
        try file.write([1, 2, 3], to: 0)
        var bytes = [UInt8](repeating: 0, count: 1024)
        #expect(pread(file.descriptor.rawValue, &bytes, 1024, 1024) > 0)
        scribble(bytes, at: 7 * 1024)
        let result = try file.readAll()
        #expect(result.damaged == [6])
        #expect(result.slots.keys.sorted() == [0])
    }

    @Test("is read up to where it was cut")
    func cut() throws {
        let file = try StateFile.create(path, boot: boot)
        for slot in 0..<3 { try file.write([1, 2, 3], to: slot) }
        #expect(truncate(path, 3 * 1024 + 9) == 0)
        let result = try file.readAll()
        #expect(result.damaged == [2])
        #expect(result.slots.keys.sorted() == [0, 1])
    }

    @Test("finds each bit that flips, anywhere in what was written")
    func bits() throws {
        let file = try StateFile.create(path, boot: boot)
        for bit in 0..<8 * 24 {
            try file.write([UInt8](repeating: 0x3C, count: 16), to: 0)
            var byte = [UInt8](repeating: 0, count: 1)
            #expect(pread(file.descriptor.rawValue, &byte, 1, off_t(1024 + bit / 8)) == 1)
            scribble([byte[0] ^ 1 << UInt8(bit % 8)], at: 1024 + bit / 8)
            #expect(try file.readAll().damaged == [0], "bit \(bit)")
        }
    }

    @Test("is never read out of noise")
    func noise() throws {
        var random = SplitMix64(seed: 3)
        let file = try StateFile.create(path, boot: boot)
        for _ in 0..<50 {
            let bytes = (0..<8192).map { _ in UInt8.random(in: 0...255, using: &random) }
            scribble(bytes, at: 1024)
            #expect(try file.readAll().slots.isEmpty)
        }
    }

    @Test("is not taken for one when it is something else")
    func foreign() throws {
        _ = folder.file("state", "")
        #expect(throws: StateFile.Failure.foreign) { _ = try StateFile.open(path) }
        _ = folder.file("state", "swisord\n")
        #expect(throws: StateFile.Failure.foreign) { _ = try StateFile.open(path) }
        #expect(throws: StateFile.Failure.notAFile(path: folder.path)) {
            _ = try StateFile(
                owning: OwnedDescriptor(owning: open(folder.path, O_RDONLY | O_CLOEXEC)),
                path: folder.path
            )
        }
        _ = try StateFile.create(path, boot: boot)
        for offset in 0..<20 {
            scribble([0xEE], at: offset)
            #expect(throws: StateFile.Failure.foreign) { _ = try StateFile.open(path) }
            _ = try StateFile.create(path, boot: boot)
        }
    }

    @Test("refuses what no slot holds, and answers a disk that is full")
    func refuses() throws {
        let file = try StateFile.create(path, boot: boot)
        for (bytes, slot) in [
            ([], 0), ([UInt8](repeating: 0, count: 1017), 0), ([1], -1), ([1], 65_536),
        ] as [([UInt8], Int)] {
            #expect(throws: StateFile.Failure.self) { try file.write(bytes, to: slot) }
        }
        #expect(throws: StateFile.Failure.self) { try file.erase(-1) }
        let reader = try StateFile(
            owning: OwnedDescriptor(owning: open(path, O_RDONLY | O_CLOEXEC))
        )
        #expect(
            throws: StateFile.Failure.system(
                SystemError("pwrite", "the state file", errno: .badFileDescriptor)
            )
        ) { try reader.write([1], to: 0) }
        try file.write([1], to: 65_535)
        #expect(try file.readAll().slots.keys.sorted() == [65_535])
    }
}

@Suite("The boot of the machine")
struct BootIDTests {
    private let folder = Folder()

    @Test("has one name for as long as it lasts")
    func current() {
        #expect(BootID.current().isSame(as: .current()))
        #expect(!BootID.current().isSame(as: BootID(text: "another")))
    }

    @Test("is made of what else is known, or is not known and never the same")
    func fallback() {
        let statistics = folder.file("stat", "cpu 1 2\nbtime 1700000000\nprocesses 3\n")
        let made = BootID.read("/nope", statistics: statistics) { 12 }
        #expect(made.text == "btime 1700000000 12")
        let odd = folder.file("odd", "\n")
        #expect(BootID.read(odd, statistics: "/nope") { 12 } == .unknown)
        #expect(BootID.read("/nope", statistics: statistics) { nil } == .unknown)
        #expect(!BootID.unknown.isSame(as: .unknown))
    }
}
