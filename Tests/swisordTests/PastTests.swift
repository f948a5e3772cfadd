// SPDX-License-Identifier: Apache-2.0

import Platform
import Testing

@testable import swisord

@Suite("What ran before")
struct PastTests {
    @Test("is void after a boot, and where nobody can tell, which is not called a boot")
    func boots() {
        let boots = ["a", "b"].map { BootID(text: $0) }
        #expect(Past.remark(onRecordsOf: boots[0], in: boots[1]).contains("has been booted"))
        for (recorded, current) in [(boots[0], BootID.unknown), (.unknown, boots[1])] {
            #expect(Past.remark(onRecordsOf: recorded, in: current).contains("nobody can tell"))
        }
    }
}
