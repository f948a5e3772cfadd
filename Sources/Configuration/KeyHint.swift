// SPDX-License-Identifier: Apache-2.0

/// What to say about a key that does not exist: the nearest one, or the one that means the same.
enum KeyHint {
    /// The half sentence that follows `unknown key 'x'`, or nothing.
    static func hint(for key: String, in table: KeyTable) -> String {
        let names = table.keys.map(\.name)
        let folded = fold(key)
        if let name = names.first(where: { fold($0) == folded }) {
            return "; did you mean '\(name)'?"
        }
        if table == .program || table == .listener, let (theirs, ours) = foreign[folded] {
            return "; \(theirs) calls it that, here it is \(ours)"
        }
        if let name = nearest(to: key, in: names) { return "; did you mean '\(name)'?" }
        if table != .daemon, KeyTable.daemon[key] != nil {
            return "; it belongs in the section 'swisord'"
        }
        if table != .program, KeyTable.program[key] != nil { return "; it belongs in a program" }
        if KeyTable.listening[key] != nil { return "; it belongs in an event listener" }
        return ""
    }

    /// The half sentence that follows `unknown section 'x'`, or nothing.
    static func hint(forSection name: String) -> String {
        let names = KeyTable.sections.map(\.name)
        let kind = name.split(separator: ":", maxSplits: 1).first.map { fold(String($0)) } ?? ""
        if let hint = foreignSections[kind] { return "; " + hint }
        if let name = nearest(to: name, in: names) { return "; did you mean '\(name)'?" }
        if KeyTable.daemon[name] != nil { return "; it belongs in the section 'swisord'" }
        if KeyTable.program[name] != nil { return "; it belongs in a program under 'programs'" }
        return "; the sections are \(names.joined(separator: ", "))"
    }

    /// Sections of supervisord, and those that stand for them, that this version does not have.
    private static let unsupportedSections: Set<String> = [
        "supervisorctl", "rpcinterface", "ctlplugin",
    ]

    /// Whether `name` is a section of supervisord or of another version.
    static func isUnsupported(section name: String) -> Bool {
        let kind = name.split(separator: ":", maxSplits: 1).first.map { fold(String($0)) } ?? ""
        return unsupportedSections.contains(kind)
    }

    private static let foreignSections = [
        "supervisord": "it is called 'swisord' here",
        "daemon": "it is called 'swisord' here",
        "program": "programs are maps under 'programs' here",
        "fcgiprogram": "a program with a 'socket' under 'programs' is one here",
        "eventlistener": "event listeners are maps under 'event_listeners' here",
        "group": "groups are maps under 'groups' here",
        "unixhttpserver": "write 'socket' in the section 'swisord'",
        "inethttpserver": "it is called 'http' here",
        "services": "compose calls it that, here it is 'programs'",
        "service": "systemd calls it that, here it is 'programs'",
        "apps": "pm2 calls it that, here it is 'programs'",
        "processes": "it is called 'programs' here",
        "containers": "Kubernetes calls it that, here it is 'programs'",
        "version": "compose has it, here it is not needed",
        "unit": "systemd has it, here it is not needed",
    ]

    /// Keys of other systems by their folded name: who calls it that, and what it is here.
    private static let foreign: [String: (theirs: String, ours: String)] = [
        "execstart": ("systemd", "'command'"),
        "entrypoint": ("compose", "'command'"),
        "args": ("Kubernetes", "part of 'command'"),
        "script": ("pm2", "'command'"),
        "exec": ("pm2", "'command'"),
        "workingdirectory": ("systemd", "'directory'"),
        "workingdir": ("compose", "'directory'"),
        "cwd": ("pm2", "'directory'"),
        "env": ("Kubernetes", "'environment'"),
        "environmentfile": ("systemd", "'env_file'"),
        "envfrom": ("Kubernetes", "'env_file'"),
        "group": ("systemd", "part of 'user', as in name:group"),
        "runasuser": ("Kubernetes", "'user'"),
        "uid": ("pm2", "'user'"),
        "gid": ("pm2", "part of 'user', as in name:group"),
        "restart": ("compose", "'autorestart'"),
        "restartpolicy": ("Kubernetes", "'autorestart'"),
        "restartsec": ("systemd", "'backoff'"),
        "restartdelay": ("pm2", "'backoff'"),
        "expbackoffrestartdelay": ("pm2", "'backoff'"),
        "startlimitburst": ("systemd", "'startretries'"),
        "backofflimit": ("Kubernetes", "'startretries'"),
        "maxrestarts": ("pm2", "'startretries'"),
        "minuptime": ("pm2", "'startsecs'"),
        "timeoutstartsec": ("systemd", "'startsecs'"),
        "successexitstatus": ("systemd", "'exitcodes'"),
        "stopexitcodes": ("pm2", "'exitcodes'"),
        "killsignal": ("systemd", "'stopsignal'"),
        "timeoutstopsec": ("systemd", "'stopwaitsecs'"),
        "stopgraceperiod": ("compose", "'stopwaitsecs'"),
        "terminationgraceperiodseconds": ("Kubernetes", "'stopwaitsecs'"),
        "killtimeout": ("pm2", "'stopwaitsecs'"),
        "killmode": ("systemd", "'stopasgroup' and 'killasgroup'"),
        "treekill": ("pm2", "'killasgroup'"),
        "scale": ("compose", "'numprocs'"),
        "replicas": ("Kubernetes", "'numprocs'"),
        "instances": ("pm2", "'numprocs'"),
        "containername": ("compose", "the key under 'programs'"),
        "name": ("pm2", "the key under 'programs'"),
        "standardoutput": ("systemd", "'stdout_logfile'"),
        "standarderror": ("systemd", "'stderr_logfile'"),
        "output": ("pm2", "'stdout_logfile'"),
        "outfile": ("pm2", "'stdout_logfile'"),
        "error": ("pm2", "'stderr_logfile'"),
        "errorfile": ("pm2", "'stderr_logfile'"),
        "logfile": ("pm2", "'stdout_logfile'"),
        "logging": ("compose", "'stdout_logfile'"),
    ]

    /// A name without what people vary: case, `_` and `-`.
    private static func fold(_ name: String) -> String {
        String(name.lowercased().unicodeScalars.filter { $0 != "_" && $0 != "-" })
    }
}

/// The candidate that is a typing mistake away from `word`, if there is one.
package func nearest(to word: String, in candidates: [String]) -> String? {
    guard word.utf8.count <= 64 else { return nil }
    let allowed = max(1, word.utf8.count / 4)
    let best = candidates.map { (distance(word, $0), $0) }.min { $0.0 < $1.0 }
    guard let best, best.0 <= allowed else { return nil }
    return best.1
}

/// How many insertions, deletions, replacements and swaps of neighbours turn one into the other.
private func distance(_ left: String, _ right: String) -> Int {
    let left = Array(left.lowercased().utf8)
    let right = Array(right.lowercased().utf8)
    var rows = [Array(0...right.count)]
    for i in left.indices {
        var row = [i + 1]
        for j in right.indices {
            var cost = min(
                rows[i][j] + (left[i] == right[j] ? 0 : 1),
                min(rows[i][j + 1], row[j]) + 1
            )
            if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] {
                cost = min(cost, rows[i - 1][j - 1] + 1)
            }
            row.append(cost)
        }
        rows.append(row)
    }
    return rows[left.count][right.count]
}
