// SPDX-License-Identifier: Apache-2.0

import Configuration
import ControlServer
import Platform

/// The sockets that clients come by.
extension Launch {
    func serve(_ daemon: Daemon, _ core: Mailbox<CoreMessage>) throws(StartupFailure) {
        let path = loaded.configuration.daemon.socket
        let keep: @Sendable (Int32) -> Void = { core.post(.listening($0, .socket)) }
        let keepWatch: @Sendable (Int32) -> Void = { core.post(.listening($0, .socketWatch)) }
        let server: ControlServer
        do throws(ControlServerError) {
            server = try ControlServer.start(
                adopting: watch?.take(.socket)?.release(),
                watch: watch?.take(.socketWatch)?.release(),
                path: path,
                access: socketAccess,
                backend: ControlBridge(core: core),
                listening: watch == nil ? nil : keep,
                watching: watch == nil ? nil : keepWatch
            ) { text in
                core.post(.note(level: .warn, text: text))
            }
        } catch {
            throw StartupFailure(text: "socket \(path): \(error)")
        }
        daemon.server = server
        guard let http = loaded.configuration.daemon.http else { return }
        do throws(StartupFailure) {
            try serve(http, on: server, core)
        } catch {
            // Programs run on, whatever has become of a port or of a file since.
            guard watch?.isResumption == true else { throw error }
            daemon.networkTrouble = error.text
            core.post(.note(level: .error, text: error.text))
        }
    }

    private var socketAccess: SocketAccess {
        let settings = loaded.configuration.daemon
        let owner = settings.socketOwner.flatMap { loaded.accounts[$0] }
        return SocketAccess(
            mode: settings.socketMode,
            owner: owner.map { SocketAccess.Owner(user: $0.uid, group: $0.gid) }
        )
    }

    private func serve(
        _ http: HTTPSettings,
        on server: ControlServer,
        _ core: Mailbox<CoreMessage>
    ) throws(StartupFailure) {
        var access = NetworkAccess(address: http.address, port: http.port, names: http.hosts)
        if let user = http.user {
            do throws(PasswordFile.Failure) {
                access.user = (user.name, try PasswordFile.read(user.passwordFile))
            } catch {
                throw StartupFailure(text: "http: \(user.passwordFile): \(error.text)")
            }
        }
        let keep: @Sendable (Int32) -> Void = { core.post(.listening($0, .network)) }
        do throws(ControlServerError) {
            try server.serve(
                access,
                adopting: watch?.take(.network)?.release(),
                backend: ControlBridge(core: core),
                listening: watch == nil ? nil : keep
            ) { text in
                core.post(.note(level: .warn, text: text))
            }
        } catch {
            throw StartupFailure(text: "http: \(error)")
        }
    }
}
