// SPDX-License-Identifier: Apache-2.0

/// The version of swisord and of the swisordctl that came with it.
package enum ReleaseVersion {
    package static let text = "0.1.0"
}
