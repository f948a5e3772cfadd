// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import Logging
import Platform
import Supervision

/// Going over to another executable while programs run on.
///
/// This manager hands the new executable to the guardian and ends; the guardian starts the new one
/// in its place, and this one's executable again if that does not come up. Whoever asked is
/// answered by the manager that comes up.
extension Daemon {
    /// Begins an upgrade; the daemon that comes of it answers, or this one why there is none.
    ///
    /// - Parameters:
    ///   - path: The new executable; nil for the daemon's own file as it is now.
    ///   - reply: Gets the answer.
    func upgrade(_ path: String?, _ reply: @escaping PendingReplies.Reply) {
        guard case .guardian = exits else {
            reply(
                .failure(
                    APIError(
                        .failed,
                        "swisord runs without a guardian, which would keep its programs meanwhile",
                        hint: startAnew("start the new one")
                    )
                )
            )
            return
        }
        let core = core
        do throws(SystemError) {
            // A disk that hangs must not hold up the core.
            _ = try Thread(name: "upgrade") {
                do throws(SystemError) {
                    let file = try ExecutableFile.open(path)
                    core.post(.executable(.success(file.release()), reply: reply))
                } catch {
                    core.post(.executable(.failure(error), reply: reply))
                }
            }
        } catch {
            reply(.failure(APIError(.failed, "cannot begin an upgrade: \(error)")))
        }
    }

    /// Ends this manager in favour of what has been opened.
    func goOver(
        to executable: Result<Int32, SystemError>,
        _ reply: @escaping PendingReplies.Reply
    ) {
        let file: OwnedDescriptor
        switch executable {
        case .success(let number): file = OwnedDescriptor(owning: number)
        case .failure(let error):
            reply(.failure(APIError(.failed, "cannot upgrade: \(error)")))
            return
        }
        guard case .guardian(let link) = exits, !fleet.isShuttingDown else {
            reply(.failure(.shuttingDown))
            return
        }
        ledger.lastUpgrade = DaemonInfo.Upgrade(
            from: ReleaseVersion.text,
            to: ReleaseVersion.text,
            programs: fleet.sortedMembers.count { $0.machine.liveRun != nil },
            at: WallClock.now()
        )
        record()
        link.upgrade(to: file)
        link.flush()
        ThisProcess.leave(0)
    }

    /// Says what has come of an upgrade, once this manager is established.
    func finishUpgrade() {
        let keys = upgrading
        upgrading = []
        guard var upgrade = ledger.lastUpgrade, let outcome = guardian.upgrade else {
            for key in keys { ledger.settle(key, .failure(.unknownOutcome)) }
            return
        }
        switch outcome {
        case .succeeded:
            upgrade.to = ReleaseVersion.text
            log.info("upgraded from \(upgrade.from) to \(upgrade.to)")
        case .rolledBack(let reason):
            upgrade.error = reason
            log.error("the upgrade was rolled back: \(reason)")
        }
        ledger.lastUpgrade = upgrade
        for key in keys { ledger.settle(key, .daemon(information())) }
    }
}
