// SPDX-License-Identifier: Apache-2.0

import Configuration
import Platform

/// Reads the configuration file, on a thread of its own once the core is running.
///
/// A disk or a user database that hangs holds up a reload, never the core. One reading is under
/// way at a time; what is asked for meanwhile is served by one more, so that a storm of SIGHUP
/// costs two.
struct ConfigurationReader {
    let file: String
    let overrides: DaemonOverrides
    /// How many of those who wait are served by the reading under way.
    ///
    /// Those who asked before it began: one who asks later may have just written the file.
    private(set) var servedByThisReading = 0
    private var isReading = false

    init(file: String, overrides: DaemonOverrides) {
        self.file = file
        self.overrides = overrides
    }

    /// Reads now, on the calling thread.
    static func read(_ file: String, _ overrides: DaemonOverrides) -> ConfigurationReading {
        let outcome = ConfigurationLoader.load(file: file, surroundings: .ofThisProcess())
        var diagnostics = outcome.diagnostics
        guard var configuration = outcome.configuration else {
            return ConfigurationReading(loaded: nil, diagnostics: diagnostics)
        }
        overrides.apply(to: &configuration)
        var accounts: [UserReference: Credentials] = [:]
        let users =
            configuration.processes.compactMap { $0.user }
            + [configuration.daemon.user, configuration.daemon.socketOwner].compactMap { $0 }
        for user in users where accounts[user] == nil {
            do throws(AccountError) {
                accounts[user] = try Accounts.resolve(user.text)
            } catch {
                diagnostics.append(Diagnostic(.error, file: file, message: error.description))
            }
        }
        guard !diagnostics.contains(where: { $0.severity == .error }) else {
            return ConfigurationReading(loaded: nil, diagnostics: diagnostics)
        }
        guard let recording = outcome.recording else {
            return ConfigurationReading(loaded: nil, diagnostics: diagnostics)
        }
        return ConfigurationReading(
            loaded: LoadedConfiguration(
                configuration: configuration,
                accounts: accounts,
                history: ConfigurationHistory(.init(recording: recording, accounts: accounts))
            ),
            diagnostics: diagnostics
        )
    }

    /// Begins a reading whose result comes as a message; while one is under way, does nothing.
    ///
    /// - Parameters:
    ///   - waiting: How many wait for it, in the order in which they asked.
    ///   - core: Where the result goes.
    /// - Throws: `SystemError` when no thread can be started.
    mutating func begin(
        for waiting: Int,
        answering core: Mailbox<CoreMessage>
    ) throws(SystemError) {
        guard !isReading, waiting > 0 else { return }
        let (file, overrides) = (file, overrides)
        _ = try Thread(name: "config") {
            core.post(.configurationRead(ConfigurationReader.read(file, overrides)))
        }
        isReading = true
        servedByThisReading = waiting
    }

    /// Notes that a reading has arrived; `begin` again serves those who asked meanwhile.
    mutating func arrived() {
        isReading = false
        servedByThisReading = 0
    }
}
