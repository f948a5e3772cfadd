// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import Testing

@Suite("The address of a daemon")
struct ClientAddressTests {
    @Test(
        "is read from a URL",
        arguments: [
            ("unix:///run/s.sock", ClientAddress.path("/run/s.sock")),
            ("http://localhost:9001", .network(host: "localhost", port: 9001, nil)),
            ("http://[::1]:9001/", .network(host: "::1", port: 9001, nil)),
            ("http://box.lan", .network(host: "box.lan", port: 80, nil)),
        ]
    )
    func taken(url: String, address: ClientAddress) {
        #expect(ClientAddress(url: url) == address)
    }

    @Test(
        "is nothing else",
        arguments: [
            "", "unix://", "unix:///", "unix://x", "/run/s.sock", "https://a:1", "http://",
            "http://:1", "http://a:0", "http://a:65536", "http://a:x", "http://a:+1", "http://a/b",
            "http://u@a:1", "http://[::1", "http://[::1]x",
        ]
    )
    func refused(url: String) {
        #expect(ClientAddress(url: url) == nil)
    }
}
