// SPDX-License-Identifier: Apache-2.0

import Configuration
import ControlAPI
import Logging
import Platform
import Supervision
import SystemPackage

/// What clients send to the standard input of programs.
extension Daemon {
    func sendInput(_ bytes: [UInt8], to name: String) -> Response {
        let selector = ProcessSelector(name)
        guard selector.isPlain, let id = fleet.identifier(of: selector.name) else {
            return .command(
                CommandReport(results: [
                    CommandResult(
                        name: selector.name.process,
                        group: selector.name.group,
                        action: .sent,
                        error: APIError(.noSuchProcess, of: selector.name)
                    )
                ])
            )
        }
        let result = CommandResult(
            name: selector.name.process,
            group: selector.name.group,
            action: .sent,
            error: send(bytes, to: id, selector.name)
        )
        return .command(CommandReport(results: [result]))
    }

    private func send(_ bytes: [UInt8], to id: MemberID, _ name: ProcessName) -> APIError? {
        // As in supervisord, one that is asked to end is told nothing more.
        guard let machine = fleet[id]?.machine, machine.liveRun != nil, machine.state != .stopping
        else { return APIError(.notRunning, of: name) }
        guard let input = children[id]?.input, children[id]?.configuration.listener == nil else {
            return APIError(
                .noInput,
                "\(name) reads from no pipe",
                hint: "'stdin: PIPE' gives it one at its next start"
            )
        }
        guard input.hasRoom(for: bytes.count) else {
            return APIError(
                .overloaded,
                "\(name) does not read what it was sent: more than \(ProgramInput.limit) bytes wait"
            )
        }
        do throws(SystemError) {
            try input.send(bytes, in: reactor, token: token(ofInput: id))
            return nil
        } catch {
            guard error.errno == .brokenPipe else {
                return APIError(.failed, "cannot write to \(name): \(error.errno)")
            }
            return APIError(.noInput, "\(name) has closed its standard input")
        }
    }

    /// There is room for more of what waits.
    func flushInput(of id: MemberID) {
        guard let child = children[id], let input = child.input else { return }
        do throws(SystemError) {
            try input.flush(in: reactor, token: token(ofInput: id))
            if input.isEmpty { inputIsEmpty(of: id) }
        } catch {
            log.warning("\(child.name) was not given all of its input: \(error.errno)")
        }
    }

    /// Its run has ended.
    func closeInput(of id: MemberID) {
        guard let child = children[id] else { return }
        child.input?.stop(in: reactor)
        outlets.closeInput(of: child)
    }

    func token(ofInput id: MemberID) -> UInt64 {
        Source.firstInput.rawValue + UInt64(id.rawValue)
    }
}
