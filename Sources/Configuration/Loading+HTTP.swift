// SPDX-License-Identifier: Apache-2.0

import YAML

extension Loading {
    /// Reads the section `http`; nil when there is none, or none that can be used.
    mutating func readHTTP(of main: LoadedFile, names: Expansion) -> HTTPSettings? {
        guard let entry = main.section("http") else { return nil }
        guard let entries = entry.value.mapping else {
            complaints.error(
                "'http' takes a map of keys, not \(entry.value.kindName)",
                at: entry.value.mark
            )
            return nil
        }
        let section = readSection(entries, table: .http, place: "'http'")
        guard let template = section.text("listen") else {
            if section.marks["listen"] == nil, !entries.contains(where: { $0.key == "listen" }) {
                complaints.error("'http' has no 'listen'", at: entry.keyMark)
            }
            return nil
        }
        guard let text = expand(template, with: names) else { return nil }
        guard let place = ListenAddress(text) else {
            complaints.error(
                "'listen' takes an address and a port such as 127.0.0.1:9001, [::1]:9001 or *:9001, "
                    + "not \(quoted(text))",
                at: template.mark
            )
            return nil
        }
        var settings = HTTPSettings(address: place.address, port: place.port)
        settings.hosts = Set(
            (section.texts("hosts") ?? []).compactMap { expand($0, with: names)?.lowercased() }
        )
        settings.user = user(of: section, at: entry.keyMark, names: names, in: main.directory)
        checkAccess(settings, place, section, at: template.mark)
        return settings
    }

    /// The user and the file of his password; both or neither.
    private mutating func user(
        of section: Section,
        at mark: Mark,
        names: Expansion,
        in directory: String
    ) -> HTTPSettings.User? {
        let name = section.text("username")
        let file = section.text("password_file")
        guard let name, let file else {
            if name != nil || file != nil {
                complaints.error(
                    "'username' and 'password_file' in 'http' go together",
                    at: section.marks["username"] ?? section.marks["password_file"] ?? mark
                )
            }
            return nil
        }
        guard let text = expand(name, with: names), let fileText = expand(file, with: names),
            let passwordFile = path(fileText, at: file.mark, in: directory)
        else { return nil }
        guard !text.contains(":") else {
            complaints.error("'username' cannot hold a colon", at: name.mark)
            return nil
        }
        return HTTPSettings.User(name: text, passwordFile: passwordFile)
    }

    /// Complains about a port that others could abuse, unless the file says that this is known.
    private mutating func checkAccess(
        _ settings: HTTPSettings,
        _ place: ListenAddress,
        _ section: Section,
        at mark: Mark
    ) {
        let isInsecure = section.boolean("insecure") == true
        let isAsked = section.marks["username"] != nil || section.marks["password_file"] != nil
        if !isAsked, !place.isLoopback {
            complaints.error(
                "without 'username' and 'password_file' whoever reaches \(place.address) could run "
                    + "any program here; give both, or listen on 127.0.0.1",
                at: mark
            )
        } else if !isAsked, !isInsecure {
            complaints.error(
                "without 'username' and 'password_file' every user of this machine could run "
                    + "programs as the daemon; give both, or write insecure: true",
                at: mark
            )
        } else if !place.isLoopback, !isInsecure {
            complaints.error(
                "by TCP the password and all else can be read on the network; listen on 127.0.0.1 "
                    + "and use ssh, or write insecure: true",
                at: mark
            )
        }
    }
}
