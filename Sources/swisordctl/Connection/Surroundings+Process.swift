// SPDX-License-Identifier: Apache-2.0

import Configuration
private import Glibc

extension Surroundings {
    /// What the configuration's search order and the socket's path may depend on.
    ///
    /// Users are the daemon's concern: whether one exists does not move the socket.
    static var ofThisProcess: Surroundings {
        Surroundings(
            environment: environmentOfThisProcess(),
            hostName: hostName(),
            homeDirectory: variable("HOME") ?? homeFromAccount() ?? "/",
            isRoot: geteuid() == 0,
            userID: geteuid(),
            currentDirectory: currentDirectory(),
            userExists: { _ in true },
            groupExists: { _ in true }
        )
    }

    private static func environmentOfThisProcess() -> [String: String] {
        var result: [String: String] = [:]
        var next = processEnvironment
        while let entry = next?.pointee {
            let text = String(cString: entry)
            if let equals = text.firstIndex(of: "=") {
                result[String(text[..<equals])] = String(text[text.index(after: equals)...])
            }
            next? += 1
        }
        return result
    }

    private static func hostName() -> String {
        var name = utsname()
        guard uname(&name) == 0 else { return "localhost" }
        return withUnsafeBytes(of: name.nodename) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
    }

    private static func homeFromAccount() -> String? {
        guard let account = getpwuid(geteuid()), let home = account.pointee.pw_dir else {
            return nil
        }
        return String(cString: home)
    }

    private static func currentDirectory() -> String {
        guard let path = getcwd(nil, 0) else { return "/" }
        defer { free(path) }
        return String(cString: path)
    }
}
