// SPDX-License-Identifier: Apache-2.0

private import OrderedCollections

extension ProcessConfiguration {
    /// A number for all that only a new process can take on: it differs, as good as always, when
    /// `ConfigurationChange` calls for a restart, and is the same otherwise.
    ///
    /// It is the same in every process and on every machine (FNV-1a), so it can be written down.
    package var fingerprint: UInt64 {
        var print = Fingerprint()
        print.mix(arguments)
        print.mix(directory)
        print.mix(baseEnvironment)
        print.mix(environment)
        print.mix(UInt64(environmentFiles.count))
        for file in environmentFiles {
            print.mix(file.path)
            print.mix(file.isOptional ? 1 : 0)
        }
        print.mix(user?.text)
        print.mix(umask.map { UInt64($0) + 1 } ?? 0)
        print.mix(stdout.destination)
        switch stderr {
        case .redirected: print.mix(0)
        case .log(let settings):
            print.mix(1)
            print.mix(settings.destination)
        }
        switch serverURL {
        case .automatic: print.mix(nil)
        case .text(let text): print.mix(text)
        }
        if let socket {
            print.mix(socket.place.description)
            print.mix(UInt64(socket.backlog))
            print.mix(socket.owner?.text)
            print.mix(UInt64(socket.mode))
        }
        if stdin != .none { print.mix(stdin.rawValue) }
        if listener != nil { print.mix("listener") }
        if stdout.isReadWithoutLog { print.mix("stdout") }
        if case .log(let settings) = stderr, settings.isReadWithoutLog { print.mix("stderr") }
        return print.value
    }
}

private struct Fingerprint {
    private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

    mutating func mix(byte: UInt8) {
        value = (value ^ UInt64(byte)) &* 0x100_0000_01B3
    }

    mutating func mix(_ number: UInt64) {
        for shift in stride(from: 0, to: 64, by: 8) {
            mix(byte: UInt8(truncatingIfNeeded: number >> UInt64(shift)))
        }
    }

    /// Nil differs from every text.
    mutating func mix(_ text: String?) {
        guard let text else { return mix(UInt64.max) }
        mix(UInt64(text.utf8.count))
        for byte in text.utf8 { mix(byte: byte) }
    }

    mutating func mix(_ texts: [String]) {
        mix(UInt64(texts.count))
        for text in texts { mix(text) }
    }

    /// In whatever order they stand.
    mutating func mix(_ variables: OrderedDictionary<String, String>) {
        mix(UInt64(variables.count))
        for (name, value) in variables.sorted(by: { $0.key < $1.key }) {
            mix(name)
            mix(value)
        }
    }

    mutating func mix(_ destination: LogDestination) {
        switch destination {
        case .none: mix(0)
        case .inherit: mix(1)
        case .syslog: mix(2)
        case .file(let path):
            mix(3)
            mix(path)
        }
    }
}
