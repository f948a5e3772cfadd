// SPDX-License-Identifier: Apache-2.0

import Testing

@Suite("The texts of the repository")
struct TextTests {
    private static let headed = SourceTree.files.filter { file in
        [".swift", ".c", ".sh"].contains { file.path.hasSuffix($0) }
            || (file.path.hasSuffix(".h") && file.target != "CYaml" && file.target != "CEdit")
            || file.path.hasPrefix("scripts/") || file.path == "Makefile"
    }

    @Test("begin with the licence where they are code")
    func licence() {
        #expect(Self.headed.count > 20)
        for file in Self.headed where file.lineCount > 0 {
            // The first line belongs to the interpreter or to the package manager in some.
            let found = file.lines.prefix(2).contains { $0.contains("SPDX-License-Identifier: ") }
            #expect(found, "\(file) needs the line SPDX-License-Identifier: Apache-2.0 first")
        }
    }

    @Test("hold no leftovers")
    func leftovers() {
        let marks = ["TO" + "DO", "FIX" + "ME", "XX" + "X:"]
        for file in SourceTree.files where file.path != "LICENSE" {
            for mark in marks {
                let isMarked = file.text.contains(mark)
                #expect(!isMarked, "\(file): a \(mark) is an issue, not a comment")
            }
        }
        let placeholders = SourceTree.files.filter { $0.name == "Placeholder.swift" }
        #expect(placeholders.map(\.path) == [])
    }

    @Test("speak of no place but public ones")
    func places() {
        let known: Set<Substring> = [
            "github.com", "swift.org", "www.swift.org", "keepachangelog.com", "semver.org",
            "www.apache.org", "supervisord.org", "localhost", "example.com", "yaml.org",
            "docs.python.org", "json-schema.org", "html.spec.whatwg.org", "spec.openapis.org",
            "no-color.org",
            // Where any host may stand.
            "host", "HOST",
        ]
        let local = ["/wo" + "rk/", "/tmp/" + "hub"]
        for file in SourceTree.files where file.path != "Package.resolved" {
            for path in local {
                let isNamed = file.text.contains(path)
                #expect(!isNamed, "\(file) names a path of one machine")
            }
            guard !file.path.hasPrefix("Tests/") else { continue }
            for scheme in ["http://", "https://"] {
                for range in file.text.ranges(of: scheme) {
                    let host = file.text[range.upperBound...].prefix {
                        $0.isLetter || $0.isNumber || $0 == "." || $0 == "-"
                    }
                    let isKnown = host.isEmpty || host.first?.isNumber == true
                    #expect(isKnown || known.contains(host), "\(file) links to \(host)")
                }
            }
        }
    }

    @Test("describe each library on a page of at most 60 lines")
    func pages() {
        #expect(SourceTree.libraries.contains("Supervision"))
        for library in SourceTree.libraries {
            let page = SourceTree.file("Sources/\(library)/\(library).docc/\(library).md")
            let isTitled = page.lines.first == "# ``\(library)``"
            #expect(isTitled, "\(page) must exist, under this title")
            #expect(page.lineCount <= 60, "\(page) is too long to be read")
        }
    }

    @Test("have a changelog in the shape of keepachangelog.com")
    func changelog() {
        let lines = SourceTree.file("CHANGELOG.md").lines
        #expect(lines.first == "# Changelog")
        let headings = lines.filter { $0.hasPrefix("## ") }
        #expect(headings.first == "## Unreleased")
        for heading in headings.dropFirst() {
            let shape = /## \d+\.\d+\.\d+ - \d{4}-\d{2}-\d{2}/
            #expect(heading.wholeMatch(of: shape) != nil, "\(heading)")
        }
        let kinds = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"]
        for heading in lines where heading.hasPrefix("### ") {
            #expect(kinds.contains(String(heading.dropFirst(4))), "\(heading)")
        }
    }

    @Test("have manual pages with all their parts")
    func manuals() {
        let pages = SourceTree.files.filter { $0.path.hasPrefix("man/") }
        #expect(pages.map(\.name).contains("swisord.8"))
        for page in pages {
            for part in [".Dd ", ".Dt ", ".Os", ".Sh NAME", ".Sh SYNOPSIS", ".Sh DESCRIPTION"] {
                #expect(page.lines.contains { $0.hasPrefix(part) }, "\(page) has no \(part)")
            }
        }
    }

    @Test("tell every option of the daemon in its manual page")
    func options() {
        let declared = SourceTree.file("Sources/swisord/Swisord.swift").text
        let page = SourceTree.file("man/swisord.8").text
        let short = declared.matches(of: /customShort\("(\w)"\)/).map { $0.1 }
        let long = declared.matches(of: /customLong\("([\w-]+)"\)/).map { $0.1 }
        #expect(short.count > 10 && long.count > 8)
        for option in short {
            let isTold = page.contains(".It Fl \(option) ") || page.contains(".It Fl \(option),")
            #expect(isTold, "-\(option) is not in man/swisord.8")
        }
        for option in long {
            let isTold = page.contains("Fl -\(option)")
            #expect(isTold, "--\(option) is not in man/swisord.8")
        }
    }

    @Test("point to files that exist")
    func links() {
        let paths = Set(SourceTree.files.map(\.path))
        for file in SourceTree.files where file.path.hasSuffix(".md") {
            let folder = file.path.split(separator: "/").dropLast()
            for match in file.text.matches(of: /\]\(([^)#:\s]+)(?:#[^)]*)?\)/) {
                let target = resolve(match.1, from: folder)
                let exists = paths.contains(target) || paths.contains { $0.hasPrefix(target + "/") }
                #expect(exists, "\(file) points to \(match.1)")
            }
        }
    }

    private func resolve(_ link: Substring, from folder: [Substring].SubSequence) -> String {
        var parts = Array(folder)
        for part in link.split(separator: "/") {
            switch part {
            case ".": break
            case "..": parts = parts.dropLast()
            default: parts.append(part)
            }
        }
        return parts.joined(separator: "/")
    }
}
