// SPDX-License-Identifier: Apache-2.0

import Configuration
import ControlAPI
import Logs
import Platform
import Supervision

/// One output of one process: the pipe that it writes to and the log that takes it up.
struct Outlet {
    enum Kind: Hashable {
        /// Captured through a pipe.
        case captured(LogTarget)
        /// Joined to standard output (`redirect_stderr`).
        case joined
        /// Not wanted: the program writes to /dev/null.
        case dropped
    }

    /// What a program is given to write to, while a log thread reads from it.
    enum Channel: Hashable {
        case pipe(OutputPipe)
        /// A named FIFO, where there is no /proc.
        case fifo(String, reader: Int32, PipeTurn)

        /// What a reader that was kept reads; nil when it is no pipe at all.
        ///
        /// Where there is no directory of FIFOs, `fifo` is nil.
        init?(of reader: borrowing OwnedDescriptor, fifo: String?, _ turn: PipeTurn) {
            guard let pipe = try? OutputPipe(readBy: reader, turn) else { return nil }
            self = .pipe(pipe)
            if let fifo, Fifo.isRead(fifo, by: reader) {
                self = .fifo(fifo, reader: reader.rawValue, turn)
            }
        }

        /// Whose turn it is: a log thread's, or that of who opens it.
        var turn: PipeTurn {
            switch self {
            case .pipe(let pipe): pipe.turn
            case .fifo(_, _, let turn): turn
            }
        }
    }

    let id: StreamID
    /// The name of a FIFO, should one be needed.
    let fifo: String
    var kind: Kind
    /// What is done with the output beside writing it down.
    var rules: OutputRules
    var channel: Channel?
    /// How far it has been read.
    let position = ReadPosition()
    var lostBytes: UInt64 = 0
    var trouble: String?

    /// What a spawn is given for this output.
    var output: Spawner.Output {
        switch kind {
        case .captured:
            switch channel {
            case .pipe(let pipe): .pipe(pipe)
            case .fifo(let path, _, let turn): .fifo(path, turn)
            case nil: .null
            }
        case .joined: .sameAsStdout
        case .dropped: .null
        }
    }

    /// Which pipe a program writes to, should its reader have to be opened anew; 0 for none.
    var inode: UInt64 {
        if case .pipe(let pipe) = channel { pipe.inode } else { 0 }
    }

    /// Where what has been written so far ends; nil where that cannot be told.
    var end: UInt64? {
        guard case .pipe(let pipe) = channel else { return nil }
        return position.end { pipe.waitingCount }
    }

    private var file: LogFileSettings? {
        guard case .captured(let target) = kind, case .file(let file) = target.place else {
            return nil
        }
        return file
    }

    /// The file that a client can read, if there is one.
    var path: String? {
        file?.path
    }

    /// Whether the program is to wait when its log cannot be written.
    var isWaitedFor: Bool {
        file?.onFull == .block
    }

    var info: ProcessInfo.Log {
        ProcessInfo.Log(path: path, lostBytes: lostBytes, trouble: trouble)
    }
}

extension LogFileSettings.OnFull {
    init(_ policy: FullLogPolicy) {
        self =
            switch policy {
            case .dropNew: .dropNew
            case .dropOld: .dropOld
            case .block: .block
            }
    }
}

extension Outlet.Kind {
    /// What the settings of a log mean for one process.
    ///
    /// - Parameters:
    ///   - settings: The keys `…_logfile` and those beside it.
    ///   - name: Whose output it is.
    ///   - descriptor: The daemon's own output for INHERIT, 1 or 2.
    ///   - credentials: Whom the program runs as, who is to own its log.
    init(
        _ settings: LogSettings,
        of name: ProcessName,
        descriptor: Int32,
        credentials: Credentials?
    ) {
        let target: LogTarget
        switch settings.destination {
        case .none:
            self = .dropped
            return
        case .inherit:
            let prefix = settings.isPrefixed ? "\(name) | " : ""
            target = .inherit(descriptor: descriptor, prefix: prefix)
        case .syslog: target = .syslog(tag: name.description)
        case .file(let path):
            target =
                .file(
                    LogFileSettings(
                        path: path,
                        maxBytes: Int(clamping: settings.maxBytes),
                        backups: settings.backups,
                        owner: credentials.map {
                            LogFileSettings.Owner(user: $0.uid, group: $0.gid)
                        },
                        onFull: LogFileSettings.OnFull(settings.onFull)
                    )
                )
        }
        self = .captured(
            settings.alsoSyslog ? .both(target, syslogTag: name.description) : target
        )
    }
}
