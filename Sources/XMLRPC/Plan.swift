// SPDX-License-Identifier: Apache-2.0

package import ControlAPI

/// What a call comes to: a value, or something to ask of the daemon and a plan for its answer.
indirect enum Plan: Sendable {
    case value(XMLValue)
    case ask(Request, then: @Sendable (Response) throws(Fault) -> Plan)
}

/// Where a call stands: answered, or waiting for the daemon, maybe for minutes.
package enum CallProgress: Sendable {
    /// The daemon is to be asked this; `then` takes its answer.
    case ask(Request, then: @Sendable (Response) -> CallProgress)
    /// The body of the answer.
    case reply([UInt8])
}

extension MethodCall {
    /// Begins to carry the call out.
    package func begin() -> CallProgress {
        do throws(Fault) {
            return CallProgress(try MethodTable.plan(self))
        } catch {
            return .reply(ReplyWriter.reply(error))
        }
    }
}

extension CallProgress {
    fileprivate init(_ plan: Plan) {
        switch plan {
        case .value(let value): self = .reply(ReplyWriter.reply(value))
        case .ask(let request, let then):
            self = .ask(request) { response in
                do throws(Fault) {
                    return CallProgress(try then(response))
                } catch {
                    return .reply(ReplyWriter.reply(error))
                }
            }
        }
    }
}
