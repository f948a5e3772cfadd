// SPDX-License-Identifier: Apache-2.0

extension APIError.Code {
    /// The HTTP status that goes with the code.
    ///
    /// What is wrong with the request is 4xx, what is wrong with a program is 409 or 422: only
    /// trouble of the daemon itself is 5xx, so that a monitor may alarm on that.
    package var httpStatus: Int {
        switch self {
        case .badRequest, .badSignal: 400
        case .unauthorized: 401
        case .forbidden: 403
        case .notFound, .noSuchProcess, .noSuchGroup, .noLogFile: 404
        case .methodNotAllowed: 405
        case .timedOut: 408
        case .alreadyStarted, .notRunning, .noInput, .alreadyAdded, .stillRunning: 409
        case .tooLarge: 413
        case .noSuchFile, .notExecutable, .spawnError, .abnormalTermination,
            .invalidConfiguration:
            422
        case .failed: 500
        case .shuttingDown, .overloaded: 503
        }
    }
}
