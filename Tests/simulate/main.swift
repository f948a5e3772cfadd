// SPDX-License-Identifier: Apache-2.0

private import FleetSimulator
private import Glibc

/// Runs the fleet simulator over many seeds, as fast as the machine allows.
///
///     simulate             20,000 seeds from 1
///     simulate N           N seeds from 1
///     simulate --seed S    one seed again
///     simulate --planted   each planted bug, which must be found within 10,000 seeds
///
/// The exit status is 1 when a seed breaks a rule or a planted bug is not found, else 0.
struct CommandLineRequest {
    enum Mode {
        case sweep(Range<UInt64>)
        case planted
    }

    let mode: Mode

    init?(_ arguments: [String]) {
        switch (arguments.count, arguments.first) {
        case (0, _): mode = .sweep(1..<20_001)
        case (1, "--planted"): mode = .planted
        case (1, let text?):
            guard let seeds = UInt64(text), seeds < .max else { return nil }
            mode = .sweep(1..<seeds + 1)
        case (2, "--seed"):
            guard let seed = UInt64(arguments[1]), seed < .max else { return nil }
            mode = .sweep(seed..<seed + 1)
        default: return nil
        }
    }
}

func sweep(_ range: Range<UInt64>) -> Bool {
    let start = ContinuousClock.now
    let sweep = Sweep(range)
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    if let failure = sweep.failure {
        print("seed \(failure.seed): \(failure.violation)")
        print("repeat it with: simulate --seed \(failure.seed)")
        return false
    }
    print(
        """
        \(sweep.seeds) seeds, \(sweep.inputs) events, \
        \(Int(sweep.time / .seconds(3600))) simulated hours, \
        \((seconds * 10).rounded() / 10) s, trace \(String(sweep.trace, radix: 16))
        """
    )
    return true
}

func findPlantedBugs() -> Bool {
    var areAllFound = true
    for bug in PlantedBug.allCases {
        let sweep = Sweep(1..<10_001, bug: bug)
        if let failure = sweep.failure {
            print("\(bug.rawValue): seed \(failure.seed): \(failure.violation)")
        } else {
            print("\(bug.rawValue): NOT FOUND in \(sweep.seeds) seeds")
            areAllFound = false
        }
    }
    return areAllFound
}

guard let request = CommandLineRequest(Array(CommandLine.arguments.dropFirst())) else {
    print("usage: simulate [SEEDS | --seed SEED | --planted]")
    exit(2)
}
let isGood =
    switch request.mode {
    case .sweep(let range): sweep(range)
    case .planted: findPlantedBugs()
    }
exit(isGood ? 0 : 1)
