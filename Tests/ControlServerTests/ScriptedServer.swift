// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A server that says what it is told, whatever it is asked: one connection a script.
///
/// It reads a request before each text, and closes the connection after the last one.
final class ScriptedServer: Sendable {
    let path: String
    private let directory: String
    private let worker: Worker
    private let heard = ServerFixture.Lines()

    convenience init(_ scripts: [[String]]) throws {
        try self.init(scripts, in: try ServerFixture.makeDirectory())
    }

    /// Takes the place of an earlier one in this directory.
    init(_ scripts: [[String]], in directory: String) throws {
        let path = directory + "/s"
        let temporary = path + ".new"
        self.directory = directory
        self.path = path
        let heard = heard
        let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: temporary.utf8) }
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0, listen(listener, 16) == 0, rename(temporary, path) == 0 else {
            throw RawClient.Failure(what: "listen", code: errno)
        }
        worker = Worker {
            for script in scripts {
                let peer = accept(listener, nil, nil)
                for text in script {
                    guard let request = ScriptedServer.readRequest(peer) else { continue }
                    heard.add(request)
                    _ = send(peer, text, text.utf8.count, Int32(MSG_NOSIGNAL))
                }
                close(peer)
            }
            close(listener)
        }
    }

    /// The heads of the requests so far.
    var requests: [String] { heard.all }

    /// Waits until every script has been played.
    func join() {
        worker.join()
    }

    deinit {
        unlink(path)
        rmdir(directory)
    }

    /// Reads up to an empty line; nil at the end of the connection.
    private static func readRequest(_ peer: Int32) -> String? {
        var text: [UInt8] = []
        var byte: UInt8 = 0
        while !text.suffix(4).elementsEqual("\r\n\r\n".utf8) {
            guard recv(peer, &byte, 1, 0) == 1 else { return nil }
            text.append(byte)
        }
        return String(decoding: text, as: UTF8.self)
    }
}
