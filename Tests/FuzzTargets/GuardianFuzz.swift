// SPDX-License-Identifier: Apache-2.0

import CGuardianFuzz

/// What a manager gone mad says to the guardian, and the other way round.
enum GuardianFuzz {
    static func run(_ bytes: [UInt8]) throws(Finding) {
        guard let fault = swisord_fuzz_guardian(bytes, bytes.count) else { return }
        throw Finding(String(cString: fault))
    }
}
