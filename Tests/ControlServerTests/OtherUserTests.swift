// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import ControlServer
import Glibc
import Testing

@Suite("Another user", .timeLimit(.minutes(10)))
struct OtherUserTests {
    /// What another user receives who could get at the socket, as happens after a `chmod`.
    private func askAsNobody(_ path: String) -> String {
        let script =
            "use Socket; use POSIX; POSIX::setuid(65534); socket(S, PF_UNIX, SOCK_STREAM, 0); "
            + "connect(S, sockaddr_un(shift)) or die; print <S>"
        guard let pipe = popen("perl -e '\(script)' \(path) 2>&1", "r") else { return "" }
        defer { pclose(pipe) }
        var text: [UInt8] = []
        while case let byte = getc(pipe), byte != EOF {
            text.append(UInt8(truncatingIfNeeded: byte))
        }
        return String(decoding: text, as: UTF8.self)
    }

    @Test(
        "is refused, and named in the log",
        .enabled(if: geteuid() == 0 && access("/usr/bin/perl", X_OK) == 0)
    )
    func refused() throws {
        let fixture = try ServerFixture()
        chmod(fixture.directory, 0o755)
        #expect(!askAsNobody(fixture.path).contains("HTTP"))
        chmod(fixture.path, 0o666)
        let text = askAsNobody(fixture.path)
        #expect(text.hasPrefix("HTTP/1.1 403 Forbidden\r\n"))
        #expect(text.contains(#""code":"forbidden""#))
        #expect(fixture.log.contains { $0.hasPrefix("control: refused uid 65534, pid ") })
        #expect(fixture.backend.requests.isEmpty)
    }
}
