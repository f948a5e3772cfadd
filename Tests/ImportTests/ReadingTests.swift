// SPDX-License-Identifier: Apache-2.0

import Import
import Testing

@Suite("What stands in a supervisord.conf")
struct ReadingTests {
    private func program(_ keys: String) throws -> Conversion {
        try convert("[supervisord]\n[program:a]\ncommand=/bin/a\n\(keys)\n")
    }

    /// A line of an `environment` and how it is written here.
    static let lists: [(String, [String])] = [
        ("A=1,B=two", ["A: '1'", "B: two"]),
        (#"A="x,y",B='z w'"#, ["A: x,y", "B: z w"]),
        (#"A="",B=2,"#, ["A: ''", "B: '2'"]),
        ("A=1;B=2", ["A: '1'", "B: '2'"]),
        (#"A="it's""#, ["A: it's"]),
        // 4.3 refuses these, and 4.4 takes them.
        ("MAIL=me@example.com,B=2", ["MAIL: me@example.com", "B: '2'"]),
        (#"A="say \"hi\"""#, [#"A: say "hi""#]),
        ("A=%(ENV_LEVEL)s:x", ["A: '%(ENV_LEVEL)s:x'"]),
    ]

    @Test("as a list of variables is a map here", arguments: lists)
    func environment(text: String, lines: [String]) throws {
        let conversion = try program("environment=\(text)")
        for line in lines { #expect(conversion.yaml.contains("      \(line)\n")) }
        #expect(conversion.findings == [])
    }

    @Test("as a list that cannot be read is told")
    func brokenEnvironment() throws {
        let conversion = try program(#"environment=A="open"#)
        #expect(
            conversion.findings.map(\.description)
                == ["s.conf:4: lost: supervisord cannot read this list of variables"]
        )
        #expect(conversion.isLossy)
    }

    /// A percent sign and what becomes of it.
    static let percents: [(String, String)] = [
        ("/bin/a 50%%", "command: /bin/a 50%\n"),
        ("/bin/a %%(x)s", "command: /bin/a %%(x)s\n"),
        ("/bin/a %(process_num)03d", "command: /bin/a %(process_num)03d\n"),
        ("/bin/a %(process_num)i", "command: /bin/a %(process_num)d\n"),
        ("/bin/a %(program_name)8s", "command: /bin/a %(program_name)8s\n"),
    ]

    @Test("as a percent sign means the same", arguments: percents)
    func percent(text: String, line: String) throws {
        #expect(try program("command=\(text)").yaml.contains(line))
    }

    /// What has no counterpart, and a word of what is said.
    static let losses: [(String, String)] = [
        ("command=date +%Y", "supervisord refuses '%Y'"),
        ("command=/bin/a %(process_num)x", "cannot be written here"),
        ("command=/bin/a 5%%%(process_num)d", "right before"),
        ("command=/bin/a %(ENV_OPTIONS)s", "several words"),
        ("command=%(ENV_ABSENT)s", "%(ENV_ABSENT)s has no value now"),
        ("command=/bin/a 'x' %(ENV_ABSENT)s", "%(ENV_ABSENT)s has no value now"),
        ("command=/bin/a \"%(ENV_Q)s\"\nenvironment=Q='x\"y'", "holds quotes now"),
        ("command=/bin/a %(ENV_Q)s\nenvironment=Q='x y'", "several words"),
        ("stdout_logfile_maxbytes=1K", "refuses '1K'"),
        ("autostart=maybe", "refuses 'maybe'"),
        ("stopsignal=SIGNOTHING", "refuses 'SIGNOTHING'"),
        ("exitcodes=0,256", "refuses '0,256'"),
        ("numprocs=3", "process_name"),
        ("stopasgroup=true\nkillasgroup=false", "killasgroup"),
    ]

    @Test("and cannot be had is told with its line", arguments: losses)
    func impossible(key: String, word: String) throws {
        let conversion = try program(key)
        let told = conversion.findings.filter { $0.weight == .lost && $0.message.contains(word) }
        #expect(told.count == 1)
        #expect(told.allSatisfy { $0.place.line >= 2 })
    }

    /// Commands with a variable that are the same here.
    static let variables = [
        "command=/bin/a --x=\"%(ENV_OPTIONS)s\"",
        "command=/bin/a '%(ENV_ABSENT)s'",
        "command=/bin/a \"it's %(ENV_ABSENT)s\"",
        "command=/bin/a \\\"%(ENV_Q)s\nenvironment=Q=x",
        "command=/bin/a --x=%(ENV_Q)s\nenvironment=Q=\"%(ENV_LEVEL)s\"",
    ]

    @Test(
        "as a variable of a command is the same within quotes, or when it is one word",
        arguments: variables
    )
    func variable(keys: String) throws {
        #expect(try !program(keys).isLossy)
    }

    /// Keys that need a variable as they are, here as there.
    static let needy = [
        "user=%(ENV_ABSENT)s", "directory=%(ENV_ABSENT)s/x", "stdout_logfile=%(ENV_ABSENT)s/a.log",
        "environment=A=\"%(ENV_ABSENT)s\"", "command=/bin/a \"%(ENV_ABSENT)s\"",
    ]

    @Test("as a variable without a value is told", arguments: needy)
    func missing(key: String) throws {
        let conversion = try program(key)
        #expect(
            conversion.findings.map(\.description) == [
                "s.conf:4: note: %(ENV_ABSENT)s has no value now; "
                    + "swisord does not start without one either"
            ]
        )
    }

    @Test("as a variable of [supervisord] is known to all commands, wherever it stands")
    func sharedVariable() throws {
        let conversion = try convert(
            "[program:a]\ncommand=/bin/a %(ENV_ONE)s\n[program:b]\ncommand=/bin/b %(ENV_TWO)s\n"
                + "[supervisord]\nenvironment=ONE=x,TWO='y z'\n"
        )
        #expect(
            conversion.findings.map { "\($0.place) \($0.weight)" }
                == ["s.conf:2 note", "s.conf:4 lost"]
        )
    }

    @Test("in an included file that cannot be read is told")
    func unreadableInclude() throws {
        let conversion = try Conversion.of(
            file: "dir/s.conf",
            path: "/etc/s.conf",
            to: OutputPlace(folder: "/etc", name: nil),
            library: Library(
                read: { path in
                    path == "/etc/s.conf"
                        ? .success(Array("[include]\nfiles=x.conf\n[supervisord]\n".utf8))
                        : .failure(Unreadable(reason: "Permission denied"))
                },
                matches: { [$0] }
            ),
            surroundings: .ofTests
        )
        #expect(
            conversion.findings.map(\.description)
                == ["dir/x.conf: lost: cannot be included: Permission denied"]
        )
    }

    @Test("elsewhere than the result is named by its whole path")
    func otherFolder() throws {
        let conversion = try Conversion.of(
            file: "s.conf",
            path: "/etc/sup/s.conf",
            to: OutputPlace(folder: "/srv/new", name: "n.yaml"),
            library: .files(["/etc/sup/s.conf": "[program:a]\ncommand=%(here)s/a\n"]),
            surroundings: .ofTests
        )
        #expect(conversion.yaml.contains("command: /etc/sup/a\n"))
    }

    @Test("is refused where it is neither an INI file nor a Procfile")
    func neither() {
        #expect(throws: Unreadable.self) { try convert("just words\n") }
        #expect(throws: Unreadable.self) { try convert("") }
    }
}
