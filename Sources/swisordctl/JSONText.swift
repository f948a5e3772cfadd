// SPDX-License-Identifier: Apache-2.0

import ControlAPI

enum JSONText {
    static func encode(_ response: Response) -> [UInt8] { Array("null".utf8) }
    static func encode(_ value: some Encodable) -> [UInt8] { Array("null".utf8) }
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
