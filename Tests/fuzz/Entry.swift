// SPDX-License-Identifier: Apache-2.0

import FuzzTargets
import Glibc

/// What libFuzzer calls with each input; the variable FUZZ_TARGET names the target.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    do {
        try target.run(Array(UnsafeBufferPointer(start: data, count: size)))
    } catch {
        fatalError("\(target.rawValue): \(error)")
    }
    return 0
}

private let target: FuzzTarget = {
    guard let text = getenv("FUZZ_TARGET"), let target = FuzzTarget(rawValue: String(cString: text))
    else { fatalError("FUZZ_TARGET names no target") }
    return target
}()
