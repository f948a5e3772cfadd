// SPDX-License-Identifier: Apache-2.0

import Configuration
import OrderedCollections
import Platform
import Testing

@testable import swisord

@Suite("The environment of a program")
struct ChildEnvironmentTests {
    private let daemon = [
        "A": "daemon", "B": "daemon", "HOME": "/root", "PATH": "/bin", "NOTIFY_SOCKET": "/run/n",
        "LISTEN_FDS": "3", "SUPERVISOR_PROCESS_NAME": "other", "SUPERVISOR_ENABLED": "1",
    ]

    private func variables(
        user: Credentials? = nil,
        files: [OrderedDictionary<String, String>] = [],
        _ adjust: (inout ProcessConfiguration) -> Void = { _ in }
    ) -> OrderedDictionary<String, String> {
        let process = ProcessConfiguration.made("web", group: "g", adjust)
        let environment = ChildEnvironment(daemon: daemon, socket: "/run/s.sock")
        return environment.variables(for: process, user: user, files: files)
    }

    @Test("goes from the daemon's own to what is nearest to the program")
    func precedence() {
        let user = Credentials(
            uid: 7,
            gid: 7,
            groups: [],
            name: "josh",
            home: "/home/josh",
            shell: "/bin/zsh"
        )
        let result = variables(
            user: user,
            files: [["C": "one", "D": "one", "SHELL": "/bin/file"], ["D": "two"]]
        ) {
            $0.baseEnvironment = ["B": "base", "C": "base", "HOME": "/base", "USER": "base"]
            $0.environment = ["E": "program", "USER": "program", "SUPERVISOR_GROUP_NAME": "no"]
        }
        #expect(result["A"] == "daemon")
        #expect(result["B"] == "base")
        #expect(result["C"] == "one")
        #expect(result["D"] == "two")
        #expect(result["E"] == "program")
        #expect(result["HOME"] == "/home/josh", "the user goes over swisord.environment")
        #expect(result["LOGNAME"] == "josh")
        #expect(result["SHELL"] == "/bin/file", "a file goes over the user")
        #expect(result["USER"] == "program")
        #expect(result["SUPERVISOR_GROUP_NAME"] == "g", "nothing goes over these")
    }

    @Test("names the process and the way back to the daemon")
    func supervisor() {
        let result = variables()
        #expect(result["SUPERVISOR_ENABLED"] == "1")
        #expect(result["SUPERVISOR_SERVER_URL"] == "unix:///run/s.sock")
        #expect(result["SUPERVISOR_PROCESS_NAME"] == "web")
        #expect(result["SUPERVISOR_GROUP_NAME"] == "g")
        #expect(result["HOME"] == "/root", "without a user it is the daemon's")
        let told = variables { $0.serverURL = .text("http://here:9001") }
        #expect(told["SUPERVISOR_SERVER_URL"] == "http://here:9001")
    }

    @Test("keeps back what was meant for the daemon alone")
    func secrets() {
        let result = variables()
        #expect(result["NOTIFY_SOCKET"] == nil)
        #expect(result["LISTEN_FDS"] == nil)
        #expect(result["PATH"] == "/bin")
    }
}
