// SPDX-License-Identifier: Apache-2.0

private import CSpawn
private import Glibc

/// What this process is and has, each by the system call of the same name.
package enum ThisProcess {
    package static var pid: Int32 { getpid() }

    package static var parent: Int32 { getppid() }

    /// The kernel's number of the calling thread.
    package static var thread: Int32 { swisord_thread_number() }

    /// How many ticks of /proc/PID/stat are a second.
    package static var clockTicks: Int { sysconf(Int32(_SC_CLK_TCK)) }
    /// The size of a page, in bytes.
    package static var pageSize: Int { sysconf(Int32(_SC_PAGESIZE)) }
    package static var userID: UInt32 { geteuid() }

    /// Sets the file creation mask.
    package static func umask(_ mask: UInt32) {
        _ = Glibc.umask(mode_t(mask))
    }

    /// Changes the working directory (`chdir`).
    package static func changeDirectory(_ path: String) throws(SystemError) {
        _ = try retrying("chdir", path) { chdir(path) }
    }

    /// Gives back to the kernel what was used for a moment: free heap, and the program's own code.
    ///
    /// Most of the code of a start is never run again. What is comes back from the page cache.
    package static func giveBackMemory() {
        swisord_give_back_memory()
    }

    /// How this process comes by its threads.
    package enum ThreadPermission: Hashable, Sendable {
        case asUsual
        /// A filter refused them; another one now says so in a way that the C library understands.
        case mended
        /// As `mended`, and neither this process nor a program can gain rights by exec any more.
        case mendedWithoutNewPrivileges
        case refused
    }

    /// Sees to it that threads can be made where a container's filter answers clone3 with EPERM.
    ///
    /// To be called before the first thread (`seccomp`, by way of `prctl`).
    package static func permitThreads() -> ThreadPermission {
        switch swisord_permit_threads() {
        case 0: .asUsual
        case 1: .mended
        case 2: .mendedWithoutNewPrivileges
        default: .refused
        }
    }

    /// Closes every descriptor from `first` on (`close_range`, or one by one on an old kernel).
    package static func closeDescriptors(from first: Int32) {
        guard swisord_close_from(first) != 0 else { return }
        for descriptor in first..<Int32(clamping: sysconf(Int32(_SC_OPEN_MAX))) {
            close(descriptor)
        }
    }

    /// Names this process in ps and top, whatever its file is called (`comm`).
    package static func name(_ name: String) {
        swisord_name_thread(pthread_self(), name)
    }

    /// Ends this process at once (`_exit`): nothing is flushed, nobody is waited for.
    package static func leave(_ code: Int32) -> Never {
        _exit(code)
    }

    /// Removes a name; false when there is none or it cannot be removed.
    @discardableResult
    package static func unlink(_ path: String) -> Bool {
        Glibc.unlink(path) == 0
    }
}

/// The standard error of this process, for messages before there is a log.
package enum StandardError {
    /// Writes all of the text; a reader that has gone is nobody's fault.
    package static func write(_ text: String) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(2, $0.baseAddress, $0.count) }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno != EINTR {
                return
            }
        }
    }
}
