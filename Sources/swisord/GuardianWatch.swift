// SPDX-License-Identifier: Apache-2.0

import Configuration
import Platform
import Supervision

/// What a manager finds at its guardian: who came before it, and what that one left.
final class GuardianWatch {
    let link: GuardianLink
    let welcome: GuardianLink.Welcome
    private var descriptors: [Int: Int32]

    /// Says hello and takes over what is kept; waits for the guardian, who waits for nobody.
    init(_ link: GuardianLink) throws(StartupFailure) {
        self.link = link
        do throws(SystemError) {
            welcome = try link.hello()
            descriptors = try link.fetch()
        } catch {
            throw StartupFailure(text: "the guardian does not answer: \(error)")
        }
    }

    /// Whether there was a manager before this one.
    var isResumption: Bool { welcome.start > 1 }

    /// A descriptor that was kept; nil when there is none, or it has been taken already.
    func take(_ slot: Int) -> OwnedDescriptor? {
        descriptors.removeValue(forKey: slot).map(OwnedDescriptor.init(owning:))
    }

    func take(_ descriptor: StateStore.Descriptor) -> OwnedDescriptor? {
        take(descriptor.rawValue)
    }

    /// The recording of the configuration that the manager before this one went by.
    func takeConfiguration() -> [UInt8]? {
        guard isResumption, let file = take(.configuration) else { return nil }
        return try? MemoryFile.contents(of: file)
    }

    /// Why the last reload was refused, if it was.
    func takeReloadError() -> String? {
        guard isResumption, let file = take(.reloadError) else { return nil }
        return (try? MemoryFile.contents(of: file)).map { String(decoding: $0, as: UTF8.self) }
    }

    /// How many managers in turn were to reload and did not come to it; nil for none.
    func takeReloadWish() -> UInt8? {
        guard isResumption, let file = take(.reloadWish) else { return nil }
        return (try? MemoryFile.contents(of: file))?.first
    }

    /// How the manager before this one ended, when nobody wanted it to.
    private var crash: String? {
        welcome.cameByUpgrade || welcome.wasRolledBack ? nil : welcome.lastExit.map(\.description)
    }

    var status: GuardianStatus {
        GuardianStatus(
            state: .watching,
            mainPID: welcome.guardian,
            starts: welcome.start,
            lastCrash: isResumption ? crash : nil,
            recentCrashes: welcome.recentCrashes,
            upgrade: upgrade
        )
    }

    private var upgrade: GuardianStatus.Upgrade? {
        if welcome.cameByUpgrade { return .succeeded }
        guard welcome.wasRolledBack else { return nil }
        let end = welcome.lastExit.map { "it ended (\($0)) before it was ready" }
        return .rolledBack(welcome.text.isEmpty ? end ?? "nobody knows why" : welcome.text)
    }
}
