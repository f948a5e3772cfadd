// SPDX-License-Identifier: Apache-2.0

import YAML

/// The complaints of one run, collected so that all of them are reported.
struct Complaints {
    private var list: [Diagnostic] = []
    private var known: Set<Diagnostic> = []
    private var sources: [String: Source] = [:]
    /// The order in which files were read, by name.
    private var order: [String: Int] = [:]
    private(set) var hasErrors = false

    /// More than this helps nobody, and a hostile file could ask for a million.
    private static let most = 100

    /// The same files with no complaint yet.
    func forgettingAll() -> Complaints {
        var fresh = Complaints()
        fresh.sources = sources
        fresh.order = order
        return fresh
    }

    /// Makes the lines of a file available to complaints about it.
    mutating func register(_ source: Source) {
        sources[source.file] = source
        order[source.file] = order.count
    }

    mutating func error(_ message: @autoclosure () -> String, at mark: Mark) {
        add(.error, message, file: mark.file, mark: mark)
    }

    mutating func warning(_ message: @autoclosure () -> String, at mark: Mark) {
        add(.warning, message, file: mark.file, mark: mark)
    }

    /// Complains about a file as a whole.
    mutating func error(_ message: @autoclosure () -> String, file: String) {
        add(.error, message, file: file, mark: nil)
    }

    /// Remarks on a file as a whole.
    mutating func warning(_ message: @autoclosure () -> String, file: String) {
        add(.warning, message, file: file, mark: nil)
    }

    private mutating func add(
        _ severity: Diagnostic.Severity,
        _ message: () -> String,
        file: String,
        mark: Mark?
    ) {
        if severity == .error { hasErrors = true }
        // A message that nobody will see is not even made: its hints take time.
        guard list.count < Complaints.most else { return }
        let message = message()
        let line = mark.flatMap { sources[file]?.line($0.line) }
        let diagnostic = Diagnostic(
            severity,
            file: file,
            mark: mark,
            message: message,
            sourceLine: line
        )
        // A value from `defaults` is read once a program and wrong each time.
        guard known.insert(diagnostic).inserted else { return }
        list.append(diagnostic)
        if list.count == Complaints.most {
            list.append(Diagnostic(.error, file: "", message: "too many errors; no more are shown"))
        }
    }

    /// All complaints in the order of the files and of the places in them.
    var sorted: [Diagnostic] {
        func place(_ diagnostic: Diagnostic) -> (Int, Int, Int) {
            (
                diagnostic.file.isEmpty ? .max : order[diagnostic.file] ?? .max - 1,
                diagnostic.mark?.line ?? 0, diagnostic.mark?.column ?? 0
            )
        }
        // Sorting is stable, so complaints about one place stay in the order of the steps.
        return list.sorted { place($0) < place($1) }
    }
}
