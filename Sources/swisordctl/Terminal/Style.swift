// SPDX-License-Identifier: Apache-2.0

/// How a word is set off on a terminal that has colours.
enum Style: String, Sendable {
    case good = "32"
    case passing = "33"
    case bad = "31"
    case dim = "2"
}

/// A piece of a line, with the style it has where there are colours.
struct Span {
    let text: String
    let style: Style?

    init(_ text: String, _ style: Style? = nil) {
        self.text = text
        self.style = style
    }
}
