// SPDX-License-Identifier: Apache-2.0

@preconcurrency import Glibc

/// A variable of the environment.
func variable(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }
}

/// The whole environment as the C library keeps it; nothing here changes it.
var processEnvironment: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? { environ }
