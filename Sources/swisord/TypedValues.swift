// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Configuration
import Platform

extension LogLevel: ExpressibleByArgument {}

extension UserReference: ExpressibleByArgument {
    public init?(argument: String) {
        self.init(argument)
    }
}

/// A umask as it is typed: octal digits up to 0777.
struct Umask: ExpressibleByArgument {
    let bits: UInt32

    init?(argument: String) {
        guard let bits = UInt32(argument, radix: 8), bits <= 0o777 else { return nil }
        self.bits = bits
    }
}

/// A size as it is typed, such as `50MB`.
struct FileSize: ExpressibleByArgument {
    let bytes: UInt64

    init?(argument: String) {
        guard let bytes = SizeText.parse(argument) else { return nil }
        self.bytes = bytes
    }
}

/// A number from 0 on as it is typed.
struct Count: ExpressibleByArgument {
    let number: Int

    init?(argument: String) {
        guard let number = Int32(argument), number >= 0 else { return nil }
        self.number = Int(number)
    }
}
