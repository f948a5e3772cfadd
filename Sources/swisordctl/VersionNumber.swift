// SPDX-License-Identifier: Apache-2.0

/// The version of swisordctl itself; `version` asks for that of the daemon.
let swisordctlVersion = "0.1.0"
