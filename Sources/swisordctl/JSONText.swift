// SPDX-License-Identifier: Apache-2.0

import ControlAPI

/// What `--json` prints: the API's own documents, and documents of the same kind where the API
/// has none.
enum JSONText {
    /// The body that the daemon itself sends with this response.
    static func encode(_ response: Response) -> [UInt8] {
        HTTPAnswer(response, to: .request(.programs(.all))).body
    }

    static func encode(_ value: some Encodable) -> [UInt8] {
        do throws(APIError) {
            return try JSONCoding.encode(value)
        } catch {
            return HTTPAnswer(error).body
        }
    }
}

/// `{"error": {…}}`, as the API sends it, also for what never reached the daemon.
struct ErrorDocument: Encodable {
    struct Content: Encodable {
        let code: String
        let message: String
        let hint: String?
    }

    let error: Content

    init(code: String, message: String, hint: String?) {
        error = Content(code: code, message: message, hint: hint)
    }

    init(_ error: APIError) {
        self.init(code: error.code.rawValue, message: error.message, hint: error.hint)
    }
}
