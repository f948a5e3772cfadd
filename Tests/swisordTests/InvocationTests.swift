// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Testing

@testable import swisord

@Suite("A command line that a manager reads again")
struct InvocationTests {
    private func full(_ words: [String]) throws -> Invocation? {
        (try Swisord.parseAsRoot(words) as? Swisord)?.invocation
    }

    @Test(
        "means what it meant to the first process",
        arguments: [
            "", "-n", "--nodaemon", "-c x.yaml", "-n -c /etc/x.yaml", "--configuration x -n",
            "-l a -e debug -j p -d / -m 027 -i me", "-u nobody", "-u nobody:users -n",
            "-y 50MB -z 0 -s -a 1024 --minprocs 9 -q d", "--logfile_maxbytes 1 --silent",
            "--logfile_backups 3 --minfds 5 --childlogdir /c",
            "--logfile a --loglevel blather --pidfile p --directory d --umask 0 --identifier i",
        ]
    )
    func agrees(_ line: String) throws {
        let words = line.split(separator: " ").map(String.init)
        let quick = try #require(Invocation(repeated: words))
        #expect(try quick == full(words))
    }

    @Test(
        "is left to the reader of all command lines where it has more to it",
        arguments: [
            "-nc x", "-cx", "--configuration=x", "-c", "-c -n", "-n -n", "-c a --configuration b",
            "x", "-t", "--no-guardian", "-v", "--version", "-h", "--", "-e nothing", "-m 9",
            "--config x", "-u :", "-c x -- -n", "-y 5x", "-z -1", "-k", "-a many",
        ]
    )
    func leaves(_ line: String) {
        let words = line.split(separator: " ").map(String.init)
        #expect(Invocation(repeated: words) == nil)
    }

    @Test("has paths as they were typed, also with spaces and without anything in them")
    func paths() throws {
        let words = ["-c", "a b/ü.yaml", "-l", "x=y"]
        #expect(try Invocation(repeated: words) == full(words))
        #expect(Invocation(repeated: ["-c", ""]) == nil)
    }
}
