// SPDX-License-Identifier: Apache-2.0

import Configuration

extension Converter {
    /// `[supervisord]`, whose log is no device here.
    mutating func convertDaemon(_ section: INISection) -> [YAMLEntry] {
        var entries = convert(section, by: KeyRule.daemon, into: .daemon)
        if let value = section["logfile"], !convertLog(value, &entries) {
            entries["logfile_maxbytes"] = nil
            entries["logfile_backups"] = nil
        }
        entries.arrange(by: section, last: [])
        if !section.comments.isEmpty { heading += [""] + section.comments }
        if let last = entries.indices.last { entries[last].tail = [] }
        return entries
    }

    /// The activity log; false when the daemon is to keep it where it does by itself.
    private mutating func convertLog(_ value: INIValue, _ entries: inout [YAMLEntry]) -> Bool {
        guard let pieces = percentText(value), let text = written(pieces, of: value) else {
            return false
        }
        if DaemonSettings.isSyslog(text) {
            entries.append(entry("logfile", .text("SYSLOG"), of: value))
            return true
        }
        guard !text.hasPrefix("/dev/"), !text.hasPrefix("/proc/") else {
            note(
                "the activity log is a file here, in its usual place instead of '\(text)'; "
                    + "in the foreground it is shown on stdout as well, unless 'silent' is true",
                at: value.place
            )
            return false
        }
        checkPath(text, value)
        noteMissing(pieces.names, value)
        entries.append(entry("logfile", .text(text), of: value))
        return true
    }

    /// `[unix_http_server]`: the socket that programs are driven through.
    mutating func convertUnixServer(_ section: INISection) {
        guard let file = section["file"] else {
            lose("supervisord refuses [\(section.name)] without 'file'", at: section.place)
            return
        }
        guard daemon["socket"] == nil else {
            lose(
                "the daemon has one control socket; this second one is left out",
                at: section.place
            )
            return
        }
        if let pieces = percentText(file), let text = written(pieces, of: file) {
            checkPath(text, file)
            var socket = entry("socket", .text(text), of: file)
            socket.comments = section.comments + socket.comments
            daemon.append(socket)
        }
        convertAccess(of: section)
        if let name = section["username"] {
            note(
                "the socket needs no password: the system tells the daemon who its clients are",
                at: name.place
            )
        }
        let known: Set<String> = ["file", "chmod", "chown", "username", "password"]
        for key in section.keys where !known.contains(key.name) {
            note(
                "supervisord has no key '\(key.name)' in [\(section.name)]; it is left out",
                at: key.value.place
            )
        }
    }

    /// `chmod` and `chown` of a socket, whose file alone says who may use it.
    private mutating func convertAccess(of section: INISection) {
        if let mode = section["chmod"], let text = settled(mode, "chmod"),
            let bits = UInt32(text, radix: 8)
        {
            let isGuarded = section["username"] != nil && bits & 0o007 != 0
            if isGuarded {
                lose(
                    "the socket has no password, so 'chmod' does not open it to everybody",
                    at: mode.place
                )
            }
            let kept = isGuarded ? bits & 0o770 : bits
            // Who may connect is who may write; 0700 is what supervisord does by itself.
            if kept & 0o077 != 0 {
                let octal = "0" + String(kept, radix: 8)
                daemon.append(entry("socket_mode", .plain(octal), of: mode))
            }
        }
        guard let owner = section["chown"], let text = settled(owner, "chown") else { return }
        guard !["root", "root:root", "0:0", "0"].contains(text) else { return }
        daemon.append(entry("socket_owner", .text(text), of: owner))
    }

    /// `[inet_http_server]`: the port.
    mutating func convertInternetServer(_ section: INISection) {
        guard KeyTable.sections.contains(where: { $0.name == "http" }) else {
            lose(
                "[\(section.name)] is a network port, which this version has not",
                at: section.place
            )
            return
        }
        guard http.isEmpty else {
            lose("the daemon has one port; this second one is left out", at: section.place)
            return
        }
        guard let port = section["port"], let address = settled(port, "port") else {
            lose("supervisord refuses [\(section.name)] without 'port'", at: section.place)
            return
        }
        let place = Converter.address(String(address.trimmed))
        let isLocal = place.hasPrefix("127.") || place.hasPrefix("localhost:")
        guard isLocal || section["username"] != nil else {
            lose(
                "whoever reaches \(place) could run any program here; give a username and a password",
                at: port.place
            )
            return
        }
        var listen = entry("listen", .text(place), of: port)
        listen.comments = section.comments + listen.comments
        http.append(listen)
        if let name = section["username"], let password = section["password"] {
            credentials(name, password)
        }
        if !isLocal || section["username"] == nil {
            http.append(YAMLEntry("insecure", .plain("true"), remark: "as it was"))
            note(
                isLocal
                    ? "every user of this machine can run programs as the daemon through \(place)"
                    : "what goes to \(place) can be read on the network, the password as well",
                at: port.place
            )
        }
    }

    /// `*:9001`, `:9001` and `9001` mean every address.
    private static func address(_ text: String) -> String {
        guard let colon = text.lastIndex(of: ":") else { return "0.0.0.0:\(text)" }
        let host = text[..<colon]
        return (host.isEmpty || host == "*" ? "0.0.0.0" : host.lowercased()) + text[colon...]
    }

    /// The password goes into a file that only its owner can read.
    private mutating func credentials(_ name: INIValue, _ password: INIValue) {
        guard let user = text(name, isPath: false), let secret = settled(password, "password")
        else {
            return
        }
        http.append(entry("username", user, of: name))
        let base = output.name.map { $0.split(separator: ".").first.map(String.init) ?? $0 }
        let file = (base ?? "supervisor") + ".password"
        http.append(
            YAMLEntry("password_file", .text(file), comments: password.comments)
        )
        secrets.append(Conversion.Secret(name: file, text: secret + "\n"))
        if secret.hasPrefix("{SHA}") {
            lose(
                "a password that is only known as a hash has to be chosen anew",
                at: password.place
            )
        }
        if output.name == nil {
            lose(
                "a password does not stand in the file here; put it into '\(file)', mode 0600",
                at: password.place
            )
        }
    }
}
