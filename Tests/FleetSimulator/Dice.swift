// SPDX-License-Identifier: Apache-2.0

import Supervision

/// The one source of chance in a simulation: everything else follows from its seed.
struct Dice: Sendable {
    private var random: SplitMix64

    init(seed: UInt64) {
        random = SplitMix64(seed: seed)
    }

    /// A number from 0 up to, but not including, `bound`.
    mutating func below(_ bound: Int) -> Int {
        Int(random.next() % UInt64(bound))
    }

    /// Whether something happens whose probability is given in thousandths.
    mutating func chance(_ thousandths: Int) -> Bool {
        thousandths > 0 && below(1000) < thousandths
    }

    mutating func pick<Element>(_ choices: [Element]) -> Element {
        choices[below(choices.count)]
    }

    /// A probability for a whole run, often 0 and sometimes high: swarm testing.
    ///
    /// Faults that are always on hide each other; a run in which only two of them occur reaches
    /// states that a run with all of them never does.
    mutating func knob() -> Int {
        switch below(10) {
        case 0...4: 0
        case 5...8: 50 + below(300)
        default: 600 + below(400)
        }
    }

    mutating func seed() -> UInt64 { random.next() }
}
