// SPDX-License-Identifier: Apache-2.0

import Logging
import Platform

/// What a daemon is made of; put together by `Startup`, taken apart by `Daemon`.
struct DaemonParts: ~Copyable {
    let loaded: LoadedConfiguration
    let reader: ConfigurationReader
    let outlets: Outlets
    let log: Logger
    let environment: ChildEnvironment
    let core: Mailbox<CoreMessage>
    /// The soft limit of open files that programs get back.
    let openFiles: UInt64?
    let signals: SignalSource
    let store: StateStore
    /// Nil when this process is the parent of its programs.
    let link: GuardianLink?
    /// The directory of the programs' cgroups, if an earlier manager has left it.
    let cgroups: OwnedDescriptor?
    let guardian: GuardianStatus
}
