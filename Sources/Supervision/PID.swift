// SPDX-License-Identifier: Apache-2.0

/// The number by which the kernel knows a process.
package typealias PID = Int32
