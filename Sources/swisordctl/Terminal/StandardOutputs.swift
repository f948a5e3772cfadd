// SPDX-License-Identifier: Apache-2.0

private import Glibc

extension Terminal {
    /// The terminal, pipe or file that this process was started on.
    static func standard(colours: Bool) -> Terminal {
        let isTerminal = isatty(1) == 1
        let traits = Traits(
            outputIsTerminal: isTerminal,
            errorsAreTerminal: isatty(2) == 1,
            hasColours: colours && isTerminal
                && allowsColours(noColour: variable("NO_COLOR"), term: variable("TERM"))
        )
        return Terminal(
            output: DescriptorSink(descriptor: 1),
            errors: DescriptorSink(descriptor: 2),
            traits: traits
        )
    }

    /// The rule of no-color.org, and terminals that have no colours.
    static func allowsColours(noColour: String?, term: String?) -> Bool {
        (noColour ?? "").isEmpty && term != "dumb" && !(term ?? "").isEmpty
    }
}
