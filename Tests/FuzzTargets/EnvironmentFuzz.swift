// SPDX-License-Identifier: Apache-2.0

import Configuration
import OrderedCollections

/// Environment files.
enum EnvironmentFuzz {
    static func run(_ bytes: [UInt8]) throws(Finding) {
        let text = String(decoding: bytes, as: UTF8.self)
        guard let variables = try? EnvironmentFile.parse(text) else { return }
        var written = ""
        for (name, value) in variables {
            try require(EnvironmentFile.isName(name), "'\(name)' is the name of a variable")
            written += "\(name)=\(quote(value))\n"
        }
        let again = try? EnvironmentFile.parse(written)
        try require(again == variables, "\(variables) became \(String(describing: again))")
    }

    private static func quote(_ value: String) -> String {
        var text = String.UnicodeScalarView("\"".unicodeScalars)
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\\", "\"", "$", "`": text.append(contentsOf: ["\\", scalar])
            case "\n": text.append(contentsOf: ["\\", "n"])
            case "\r": text.append(contentsOf: ["\\", "r"])
            case "\t": text.append(contentsOf: ["\\", "t"])
            default: text.append(scalar)
            }
        }
        text.append("\"")
        return String(text)
    }
}
