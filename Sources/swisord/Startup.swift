// SPDX-License-Identifier: Apache-2.0

import Configuration
import ControlAPI
import Platform
import Supervision

/// What a command line leads to: a check, a guardian with its manager, or a daemon on its own.
///
/// Three processes of one executable pass through here. The first reads the file, leaves the
/// terminal, makes the directories, gives up root if it is to, and then *becomes* the guardian by
/// executing itself: the pid that was started is the pid that stays. The guardian starts the
/// manager, which comes here again, knows itself by the descriptor that it was left, and brings
/// the daemon up (`Launch`). With `--no-guardian` the first process is the daemon.
struct Startup {
    let file: String
    let overrides: DaemonOverrides
    let isCheck: Bool
    let isGuarded: Bool
    let surroundings: Surroundings

    /// Runs to the end, or only as far as it gets.
    ///
    /// - Returns: The exit status: 0, 1 for a failure, 2 for an unusable configuration or where
    ///   another daemon runs.
    func run() -> Int32 {
        do throws(SystemError) {
            if let link = try GuardianLink.inherited() { return manage(link) }
        } catch {
            return complain("the guardian cannot be reached: \(error)")
        }
        let reading = ConfigurationReader.read(file, overrides)
        if !reading.diagnostics.isEmpty { StandardError.write(reading.text + "\n") }
        guard let loaded = reading.loaded else { return 2 }
        if isCheck { return 0 }
        do throws(StartupFailure) {
            try MinimumLimits.raise(loaded.configuration.daemon)
        } catch {
            return complain(error.text, code: error.code)
        }
        if loaded.configuration.daemon.nodaemon { return runInForeground(loaded) }
        return runDetached(loaded)
    }

    private func runInForeground(_ loaded: LoadedConfiguration) -> Int32 {
        do throws(StartupFailure) {
            if isGuarded { try becomeGuardian(loaded, nil) }
            try launch(loaded).run {}
            return 0
        } catch {
            return complain(error.text, code: error.code)
        }
    }

    private func runDetached(_ loaded: LoadedConfiguration) -> Int32 {
        let daemonizer: Daemonizer
        // A pipe of whoever starts the daemon would otherwise stay open as long as it lives.
        ThisProcess.closeDescriptors(from: 3)
        do throws(SystemError) {
            daemonizer = try Daemonizer.detach()
        } catch {
            return complain("cannot become a daemon: \(error)")
        }
        var waiting: Daemonizer? = consume daemonizer
        do throws(StartupFailure) {
            if isGuarded { try becomeGuardian(loaded, waiting?.channelNumber) }
            try launch(loaded).run {
                try? waiting.take()?.ready()
            }
            return 0
        } catch {
            waiting.take()?.failed("swisord: \(error.text)", code: error.code)
            return Int32(error.code)
        }
    }

    private func launch(_ loaded: LoadedConfiguration, _ watch: GuardianWatch? = nil) -> Launch {
        Launch(
            file: file,
            overrides: overrides,
            surroundings: surroundings,
            loaded: loaded,
            watch: watch
        )
    }

    private func complain(_ text: String, code: UInt8 = 1) -> Int32 {
        StandardError.write("swisord: \(text)\n")
        return Int32(code)
    }

    // MARK: - With a guardian

    /// Executes this program again as the guardian; returns only when that fails.
    ///
    /// The directories are made before, and root is given up: who has no rights can lend none, to
    /// a manager that was talked into something.
    private func becomeGuardian(
        _ loaded: LoadedConfiguration,
        _ readyChannel: Int32?
    ) throws(StartupFailure) {
        try Directories.prepare(loaded, surroundings)
        do throws(SystemError) {
            try Guardian.exec(readyChannel: readyChannel)
        } catch {
            throw StartupFailure(
                text: "cannot start the guardian: \(error)\n--no-guardian does without it"
            )
        }
    }

    /// The life of a manager.
    private func manage(_ link: GuardianLink) -> Int32 {
        // It was executed by a descriptor, for which some kernels only know a number.
        ThisProcess.name("swisord")
        var waiting = Daemonizer.inherited()
        do throws(StartupFailure) {
            let watch = try GuardianWatch(link)
            let loaded = try configuration(for: watch)
            try launch(loaded, watch).run {
                try? waiting.take()?.ready()
                link.ready()
            }
            return 0
        } catch {
            link.failed(error.text)
            if let waiting = waiting.take() {
                waiting.failed("swisord: \(error.text)", code: error.code)
            } else {
                StandardError.write("swisord: \(error.text)\n")
            }
            return Int32(error.code)
        }
    }

    /// What the manager is to go by: what its predecessor went by, whatever the file says now.
    private func configuration(
        for watch: GuardianWatch
    ) throws(StartupFailure) -> LoadedConfiguration {
        if let kept = watch.takeConfiguration() { return try replay(kept) }
        let reading = ConfigurationReader.read(file, overrides)
        guard let loaded = reading.loaded else {
            throw StartupFailure(text: reading.text, code: 2)
        }
        return loaded
    }

    private func replay(_ kept: [UInt8]) throws(StartupFailure) -> LoadedConfiguration {
        let history: ConfigurationHistory
        do throws(BinaryFault) {
            history = try ConfigurationHistory(bytes: kept)
        } catch {
            throw StartupFailure(text: "the configuration in force cannot be made again: \(error)")
        }
        let reading = history.replay(overrides)
        guard let loaded = reading.loaded else {
            throw StartupFailure(
                text: "the configuration in force is not accepted: \(reading.text)"
            )
        }
        return loaded
    }
}
