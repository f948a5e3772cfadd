// SPDX-License-Identifier: Apache-2.0

import Platform
import SystemPackage
import Testing

@testable import swisord

@Suite("A budget of descriptors")
struct DescriptorBudgetTests {
    @Test("keeps enough for the daemon itself, and gives again what came back")
    func limit() throws {
        let two = DescriptorBudget.reserve + 2 * DescriptorBudget.each
        let budget = DescriptorBudget(limit: two + DescriptorBudget.each - 1)
        try budget.take()
        try budget.take()
        #expect(throws: SystemError.self) { try budget.take() }
        budget.giveBack()
        try budget.take()
        #expect(throws: SystemError.self) { try budget.take() }
    }

    @Test("is as good as without a limit when there is none")
    func boundless() throws {
        let budget = DescriptorBudget(limit: .max)
        budget.giveBack()
        for _ in 0..<10_000 { try budget.take() }
    }
}
