// SPDX-License-Identifier: Apache-2.0

/// Many runs, one a seed, up to the first violation.
package struct Sweep: Sendable {
    /// A run that went wrong, and the seed that makes it go wrong again.
    package struct Failure: Sendable {
        package let seed: UInt64
        package let violation: Violation
    }

    package private(set) var seeds = 0
    /// What was told to the fleets.
    package private(set) var inputs = 0
    package private(set) var time = Duration.zero
    /// One digest of all runs: the same in every process.
    package private(set) var trace: UInt64 = 0
    package private(set) var failure: Failure?

    /// Runs one simulation after another.
    ///
    /// - Parameters:
    ///   - range: The seeds.
    ///   - bug: A mistake to plant.
    package init(_ range: Range<UInt64>, bug: PlantedBug? = nil) {
        for seed in range {
            seeds += 1
            var simulation = Simulation(seed: seed, bug: bug)
            do {
                let outcome = try simulation.run()
                inputs += outcome.inputs
                time += outcome.time
                trace = (trace ^ outcome.trace) &* 0x100_0000_01B3
            } catch {
                failure = Failure(seed: seed, violation: error)
                return
            }
        }
    }
}
