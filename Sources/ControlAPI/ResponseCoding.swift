// SPDX-License-Identifier: Apache-2.0

/// Answers as HTTP: a status and a JSON body.
package struct HTTPAnswer: Hashable, Sendable {
    package var status: Int
    package var body: [UInt8]
}

/// The body of every error.
private struct ErrorBody: Codable {
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
        let keys = try JSONCoding.decode(ObjectKeys.self, from: body).names
        if keys.contains("results") {
            return .command(try JSONCoding.decode(CommandReport.self, from: body))
        }
        if keys.contains("error") {
            return .failure(try JSONCoding.decode(ErrorBody.self, from: body).error)
        }
        if keys.contains("missing") {
            return .programs(try JSONCoding.decode(ProgramList.self, from: body))
        }
        if keys.contains("steps") {
            return .plan(try JSONCoding.decode(ReloadPlan.self, from: body))
        }
        if keys.contains("version") {
            return .daemon(try JSONCoding.decode(DaemonInfo.self, from: body))
        }
        if keys.contains("stateCode") {
            let program = try JSONCoding.decode(ProcessInfo.self, from: body)
            return .programs(ProgramList(programs: [program]))
        }
        throw APIError(.failed, "The answer is of no known shape.")
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
