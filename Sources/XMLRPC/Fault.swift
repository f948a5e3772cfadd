// SPDX-License-Identifier: Apache-2.0

import ControlAPI

/// Why a call failed, in supervisord's codes and words: `NAME`, or `NAME: more`.
struct Fault: Error, Hashable, Sendable {
    enum Code: Int, Hashable, Sendable, CaseIterable {
        case unknownMethod = 1
        case incorrectParameters = 2
        case badArguments = 3
        case signatureUnsupported = 4
        case shutdownState = 6
        case badName = 10
        case badSignal = 11
        case noFile = 20
        case notExecutable = 21
        case failed = 30
        case abnormalTermination = 40
        case spawnError = 50
        case alreadyStarted = 60
        case notRunning = 70
        /// Only in the results of commands on several processes.
        case success = 80
        case alreadyAdded = 90
        case stillRunning = 91
        case cannotReread = 92

        var name: String {
            switch self {
            case .unknownMethod: "UNKNOWN_METHOD"
            case .incorrectParameters: "INCORRECT_PARAMETERS"
            case .badArguments: "BAD_ARGUMENTS"
            case .signatureUnsupported: "SIGNATURE_UNSUPPORTED"
            case .shutdownState: "SHUTDOWN_STATE"
            case .badName: "BAD_NAME"
            case .badSignal: "BAD_SIGNAL"
            case .noFile: "NO_FILE"
            case .notExecutable: "NOT_EXECUTABLE"
            case .failed: "FAILED"
            case .abnormalTermination: "ABNORMAL_TERMINATION"
            case .spawnError: "SPAWN_ERROR"
            case .alreadyStarted: "ALREADY_STARTED"
            case .notRunning: "NOT_RUNNING"
            case .success: "SUCCESS"
            case .alreadyAdded: "ALREADY_ADDED"
            case .stillRunning: "STILL_RUNNING"
            case .cannotReread: "CANT_REREAD"
            }
        }
    }

    let code: Code
    let text: String

    init(_ code: Code, _ more: String? = nil) {
        self.code = code
        text = more.map { "\(code.name): \($0)" } ?? code.name
    }

    var value: XMLValue {
        .structure([.init("faultCode", .int(code.rawValue)), .init("faultString", .text(text))])
    }
}

extension Fault {
    /// The fault for an error about `name`: what the client called it, or what else it gave.
    init(_ error: APIError, about name: String?) {
        switch error.code {
        case .noSuchProcess, .noSuchGroup: self.init(.badName, name)
        case .noSuchFile: self.init(.noFile, error.message)
        case .notExecutable: self.init(.notExecutable, error.message)
        case .alreadyStarted: self.init(.alreadyStarted, name)
        case .notRunning: self.init(.notRunning, name)
        case .spawnError: self.init(.spawnError, name)
        case .abnormalTermination: self.init(.abnormalTermination, name)
        case .badSignal: self.init(.badSignal, name)
        case .noLogFile: self.init(.noFile)
        case .noInput: self.init(.noFile, name)
        case .alreadyAdded: self.init(.alreadyAdded, name)
        case .stillRunning: self.init(.stillRunning, name)
        case .shuttingDown: self.init(.shutdownState)
        case .invalidConfiguration: self.init(.cannotReread, error.message)
        case .failed, .overloaded, .badRequest, .unauthorized, .forbidden, .notFound,
            .methodNotAllowed, .tooLarge, .timedOut:
            self.init(.failed, error.message)
        }
    }
}
