// SPDX-License-Identifier: Apache-2.0

import Configuration
import Supervision

@testable import ControlAPI

/// Durations, sizes, numbers, signals, users, paths, and names in addresses.
enum ValueFuzz {
    static func run(_ bytes: [UInt8]) throws(Finding) {
        let text = String(decoding: bytes, as: UTF8.self)
        if let duration = DurationText.parse(text) {
            try require(duration >= .zero, "\(duration) is negative")
        }
        if let size = SizeText.parse(text) {
            try require(SizeText.parse(String(size)) == size, "\(size) is another size")
        }
        if let number = NumberText.integer(text) {
            try require(NumberText.integer(String(number)) == number, "\(number) is another number")
        }
        _ = NumberText.octal(text)
        _ = NumberText.decimal(text)
        if let signal = Signal(text) {
            try require(Signal(signal.name) == signal, "\(signal) is another signal")
        }
        _ = UserReference(text)
        let tidy = PathText.tidy(text)
        try require(PathText.tidy(tidy) == tidy, "'\(tidy)' can be tidied again")
        _ = PathText.parent(of: text)
        if let path = PathText.absolute(text, in: "/a/b", home: "/home/josh") {
            try require(path.utf8.first == UInt8(ascii: "/"), "'\(path)' is not absolute")
        }
        if let decoded = PercentCoding.decode(text[...]) {
            guard let encoded = PercentCoding.encode(decoded) else {
                throw Finding("'\(decoded)' cannot be encoded")
            }
            let again = PercentCoding.decode(encoded[...])
            try require(again == decoded, "'\(decoded)' became \(String(describing: again))")
        }
        try checkCall(text)
    }

    /// An address that is understood can be written, and is understood in the same way again.
    private static func checkCall(_ text: String) throws(Finding) {
        let halves = text.split(separator: " ", maxSplits: 1)
        guard halves.count == 2 else { return }
        let http = HTTPCall(method: String(halves[0]), target: String(halves[1]), body: [])
        guard let call = try? Routes.parse(http) else { return }
        guard let written = try? Routes.http(for: call) else {
            throw Finding("\(call) has no address")
        }
        let again = try? Routes.parse(written)
        try require(again == call, "\(call) became \(String(describing: again))")
    }
}
