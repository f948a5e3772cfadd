// SPDX-License-Identifier: Apache-2.0

import ControlAPI

/// A request that is answered with an error and the end of the connection.
struct Refusal: Error, Hashable {
    let error: APIError
    /// Where another status fits better than the code's own.
    let status: Int?

    init(_ code: APIError.Code, _ message: String, hint: String? = nil, status: Int? = nil) {
        error = APIError(code, message, hint: hint)
        self.status = status
    }

    /// Headers that go with the answer.
    var headers: [(String, String)] {
        error.code == .unauthorized
            ? [("www-authenticate", "Basic realm=\"swisord\", charset=\"UTF-8\"")] : []
    }

    var answer: HTTPAnswer { HTTPAnswer(error, status: status) }

    static let notHTTP = Refusal(
        .badRequest,
        "This is not a proper HTTP/1.1 request.",
        hint: "Try curl --unix-socket PATH http://localhost/v1/programs."
    )
}
