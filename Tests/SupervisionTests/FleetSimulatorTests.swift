// SPDX-License-Identifier: Apache-2.0

import FleetSimulator
import Testing

/// A taste of the simulator; `make simulate` runs 20,000 seeds, optimised.
@Suite("A simulated fleet")
struct FleetSimulatorTests {
    @Test("breaks no rule, whatever happens to it", arguments: [1, 101, 201] as [UInt64])
    func seeds(_ first: UInt64) {
        let sweep = Sweep(first..<first + 100)
        if let failure = sweep.failure {
            Issue.record("seed \(failure.seed): \(failure.violation)")
        }
        #expect(sweep.inputs > 2000)
    }

    @Test("does the same again for the same seed")
    func isDetermined() throws {
        for seed in (1...50 as ClosedRange<UInt64>) {
            var first = Simulation(seed: seed)
            var second = Simulation(seed: seed)
            #expect(try first.run() == second.run(), "seed \(seed)")
        }
    }

    @Test("is caught with each planted bug", arguments: PlantedBug.allCases)
    func findsPlantedBug(_ bug: PlantedBug) {
        #expect(Sweep(1..<2001, bug: bug).failure != nil)
    }
}
