// SPDX-License-Identifier: Apache-2.0

/// Answers as HTTP: a status and a body, which is JSON unless something else is said.
package struct HTTPAnswer: Hashable, Sendable {
    package var status: Int
    package var body: [UInt8]
    /// What the body is.
    package var type = "application/json"

    package init(status: Int, body: [UInt8], type: String = "application/json") {
        self.status = status
        self.body = body
        self.type = type
    }
}

/// The body of every error.
private struct ErrorBody: Encodable {
    var error: APIError
}

/// The body of a command of which nothing was done: the first error stands beside the results.
private struct FailedReport: Encodable {
    var error: APIError
    var results: [CommandResult]
}

extension HTTPAnswer {
    /// An error with the status of its code, or with another that fits better.
    package init(_ error: APIError, status: Int? = nil) {
        self.status = status ?? error.code.httpStatus
        // Four strings are always JSON; the other branch is there for the type checker only.
        body = (try? JSONCoding.encode(ErrorBody(error: error))) ?? Array("{\"error\":{}}\n".utf8)
    }

    /// The answer to `call`.
    ///
    /// A command that was done for no process at all has the status of its first error, so that
    /// scripts need not look inside; the body tells both.
    package init(_ response: Response, to call: Call) {
        do throws(APIError) {
            switch response {
            case .programs(let list):
                if case .program(let name) = call {
                    self.init(status: 200, body: try JSONCoding.encode(try list.single(name)))
                } else {
                    self.init(status: 200, body: try JSONCoding.encode(list))
                }
            case .command(let report):
                if let error = report.results.first?.error,
                    report.results.allSatisfy({ $0.error != nil })
                {
                    let body = FailedReport(error: error, results: report.results)
                    self.init(status: error.code.httpStatus, body: try JSONCoding.encode(body))
                } else {
                    self.init(status: 200, body: try JSONCoding.encode(report))
                }
            case .daemon(let info): self.init(status: 200, body: try JSONCoding.encode(info))
            case .plan(let plan): self.init(status: 200, body: try JSONCoding.encode(plan))
            case .available(let list): self.init(status: 200, body: try JSONCoding.encode(list))
            case .logPiece(let piece): self.init(status: 200, body: try JSONCoding.encode(piece))
            case .failure(let error): self.init(error)
            }
        } catch {
            self.init(error)
        }
    }

    /// Reads an answer back; what it is follows from the keys that it has.
    ///
    /// - Throws: an error with the code `failed` when it is none of the known answers.
    package func response() throws(APIError) -> Response {
        guard let response = try JSONCoding.decode(AnyAnswer.self, from: body).response else {
            throw APIError(.failed, "The answer is of no known shape.")
        }
        return response
    }
}

/// An answer of any kind, told by its keys and read in one go.
private struct AnyAnswer: Decodable {
    private enum Key: String, CodingKey {
        case results, error, missing, steps, version, configured, size
        case stateCode = "state_code"
    }

    /// Nil when it has the keys of none.
    let response: Response?

    init(from decoder: any Decoder) throws {
        let object = try decoder.container(keyedBy: Key.self)
        if object.contains(.missing) {
            response = .programs(try ProgramList(from: decoder))
        } else if object.contains(.results) {
            response = .command(try CommandReport(from: decoder))
        } else if object.contains(.error) {
            response = .failure(try object.decode(APIError.self, forKey: .error))
        } else if object.contains(.steps) {
            response = .plan(try ReloadPlan(from: decoder))
        } else if object.contains(.configured) {
            response = .available(try ConfiguredList(from: decoder))
        } else if object.contains(.size) {
            response = .logPiece(try LogPiece(from: decoder))
        } else if object.contains(.version) {
            response = .daemon(try DaemonInfo(from: decoder))
        } else if object.contains(.stateCode) {
            response = .programs(ProgramList(programs: [try ProcessInfo(from: decoder)]))
        } else {
            response = nil
        }
    }
}

extension ProgramList {
    fileprivate func single(_ name: String) throws(APIError) -> ProcessInfo {
        if let only = programs.first, programs.count == 1 { return only }
        if programs.isEmpty {
            throw missing.first?.error
                ?? APIError(.noSuchProcess, "There is no program '\(name)'.")
        }
        throw .badRequest(
            "'\(name)' names \(programs.count) programs, and this address shows one.",
            hint: "Use /v1/programs?select=\(name)."
        )
    }
}
