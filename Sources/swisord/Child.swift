// SPDX-License-Identifier: Apache-2.0

import Configuration
import Logs
import OrderedCollections
import Platform
import Supervision
import SystemPackage

/// The earthly side of one member of the fleet: what to execute, and where its output goes.
final class Child {
    let id: MemberID
    let name: ProcessName
    var configuration: ProcessConfiguration
    var credentials: Credentials?
    var stdout: Outlet
    var stderr: Outlet
    /// The report of a spawn whose exec has not been confirmed.
    private var report: OwnedDescriptor?
    /// Why the last spawn never became the program; waits for the exit that follows it.
    var failure: SpawnFailure?
    /// What the last start was made of, and the next is unless something has changed.
    private var prepared: PreparedProgram?

    init(
        id: MemberID,
        configuration: ProcessConfiguration,
        credentials: Credentials?,
        stdout: Outlet,
        stderr: Outlet
    ) {
        self.id = id
        name = configuration.name
        self.configuration = configuration
        self.credentials = credentials
        self.stdout = stdout
        self.stderr = stderr
    }

    /// Takes up new settings; the next start uses them.
    func adopt(_ configuration: ProcessConfiguration, credentials: Credentials?) {
        self.configuration = configuration
        self.credentials = credentials
        prepared = nil
    }

    /// What to execute; made anew only when a file that it depends on may have changed.
    ///
    /// - Throws: `SpawnFailure` of the step `environment` when an `env_file` cannot be used.
    func program(_ environment: ChildEnvironment) throws(SpawnFailure) -> PreparedProgram {
        if let prepared, configuration.environmentFiles.isEmpty { return prepared }
        var files: [OrderedDictionary<String, String>] = []
        for reference in configuration.environmentFiles {
            if let file = try read(reference) { files.append(file) }
        }
        let variables = environment.variables(
            for: configuration,
            user: credentials,
            files: files
        )
        let made = try PreparedProgram(
            arguments: configuration.arguments,
            environment: variables.map { "\($0.key)=\($0.value)" },
            candidates: PreparedProgram.candidates(
                for: configuration.arguments[0],
                searchPath: variables["PATH"]
            ),
            directory: configuration.directory,
            credentials: credentials,
            umask: configuration.umask.map { UInt16(truncatingIfNeeded: $0) }
        )
        prepared = made
        return made
    }

    // MARK: - The report of a spawn

    /// Takes over the report of a spawn that has just been made.
    func expect(_ report: consuming OwnedDescriptor) {
        self.report = consume report
    }

    /// Watches the report for hangup alone: it is complete when the child's end closes.
    func watchReport(in reactor: borrowing Reactor, token: UInt64) throws(SystemError) {
        switch report {
        case .some(let report): try reactor.add(report, token: token, for: [])
        case .none: return
        }
    }

    /// How the way to exec of the last spawn ended; nil when that has been told already.
    func takeReport() -> SpawnReport? {
        guard let prepared else { return nil }
        let ended: SpawnReport? =
            switch report {
            case .some(let report): SpawnReport.read(report, of: prepared)
            case .none: nil
            }
        if ended != .pending { report = nil }
        return ended
    }

    private func read(
        _ reference: EnvironmentFileReference
    ) throws(SpawnFailure) -> OrderedDictionary<String, String>? {
        let text: String
        do throws(SystemError) {
            text = try SmallFile.read(reference.path, limit: 1 << 20)
        } catch {
            if reference.isOptional, error.errno == .noSuchFileOrDirectory { return nil }
            throw SpawnFailure(
                step: .environment,
                subject: reference.path,
                errorNumber: error.errno.rawValue,
                reason: error.errno.description,
                isPermanent: false
            )
        }
        do throws(EnvironmentFile.Malformed) {
            return try EnvironmentFile.parse(text)
        } catch {
            throw SpawnFailure(
                step: .environment,
                subject: reference.path,
                errorNumber: 0,
                reason: error.description,
                isPermanent: false
            )
        }
    }
}
