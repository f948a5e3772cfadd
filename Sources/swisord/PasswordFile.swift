// SPDX-License-Identifier: Apache-2.0

import ControlServer
import Platform
import SystemPackage

/// The file that `password_file` names.
enum PasswordFile {
    struct Failure: Error {
        let text: String
    }

    /// Reads the password, unless others can read it too.
    static func read(_ path: String) throws(Failure) -> StoredPassword {
        let text: String
        do throws(SystemError) {
            text = try SmallFile.readPrivate(path, limit: 4096)
        } catch {
            guard error.errno == .permissionDenied, error.operation == "mode" else {
                throw Failure(text: "\(error.errno)")
            }
            throw Failure(text: "others can read or change it; make its mode 0600")
        }
        guard let password = StoredPassword(file: text) else {
            throw Failure(
                text: "its first line is neither a password nor sha256:SALT:DIGEST"
            )
        }
        return password
    }
}
