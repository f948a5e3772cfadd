// SPDX-License-Identifier: Apache-2.0

private import CEdit
private import Glibc

/// Lines that a person edits on a terminal, with history and completion: libedit.
///
/// libedit keeps pointers to the context and, through it, to this object; both outlive it, as
/// `deinit` ends libedit first.
final class LineEditor: LineSource {
    private let context: UnsafeMutablePointer<cedit_context>
    private let editor: OpaquePointer
    private let past: OpaquePointer
    private let historyFile: String?
    private let complete: (String) -> Completion
    private var prompt: [CChar] = [0]

    /// Nil when the terminal cannot be edited on.
    init?(historyFile: String?, complete: @escaping (String) -> Completion) {
        guard let past = history_init() else { return nil }
        context = .allocate(capacity: 1)
        context.initialize(to: cedit_context())
        setlocale(LC_CTYPE, "")
        guard let editor = cedit_make(context, past) else {
            history_end(past)
            context.deallocate()
            return nil
        }
        self.past = past
        self.editor = editor
        self.historyFile = historyFile
        self.complete = complete
        context.pointee.owner = Unmanaged.passUnretained(self).toOpaque()
        context.pointee.complete = { editor, owner in
            guard let editor, let owner else { return UInt8(CC_ERROR) }
            return Unmanaged<LineEditor>.fromOpaque(owner).takeUnretainedValue()
                .completeWord(on: editor)
        }
        cedit_history_limit(past, 1000)
        if let historyFile { _ = cedit_history_load(past, historyFile) }
    }

    deinit {
        el_end(editor)
        history_end(past)
        context.deallocate()
    }

    func next(prompt: String) -> String? {
        self.prompt = Array(prompt.utf8CString)
        return self.prompt.withUnsafeMutableBufferPointer { buffer in
            context.pointee.prompt = buffer.baseAddress
            defer { context.pointee.prompt = nil }
            var count: Int32 = 0
            guard let text = el_gets(editor, &count), count > 0 else {
                puts("")
                fflush(nil)
                return nil
            }
            let bytes = UnsafeRawBufferPointer(start: text, count: Int(count))
            let line = bytes.last == UInt8(ascii: "\n") ? bytes.dropLast() : bytes[...]
            return String(decoding: line, as: UTF8.self)
        }
    }

    func remember(_ line: String) {
        cedit_history_enter(past, line)
        guard let historyFile else { return }
        _ = cedit_history_save(past, historyFile)
    }

    private func completeWord(on editor: OpaquePointer) -> UInt8 {
        guard let info = el_line(editor)?.pointee, let buffer = info.buffer,
            let cursor = info.cursor
        else { return UInt8(CC_ERROR) }
        let bytes = UnsafeRawBufferPointer(start: buffer, count: cursor - buffer)
        let completion = complete(String(decoding: bytes, as: UTF8.self))
        if !completion.insertion.isEmpty {
            el_insertstr(editor, completion.insertion)
            return UInt8(CC_REFRESH)
        }
        guard !completion.choices.isEmpty else { return UInt8(CC_REFRESH_BEEP) }
        puts("\n" + completion.choices.map(Escaping.name).joined(separator: "  "))
        fflush(nil)
        return UInt8(CC_REDISPLAY)
    }
}
