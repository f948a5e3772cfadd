// SPDX-License-Identifier: Apache-2.0

private import Glibc

/// How a log is followed, so that Ctrl-C leaves it.
enum Following {
    /// What Ctrl-C leaves.
    enum Place {
        case log, foreground
    }

    /// In this process, after `prepare`.
    case here(prepare: (Place) -> Void)
    /// By what takes the words of the command.
    case elsewhere(([String]) -> Void)

    /// At the command line it is the end of the program, and a success.
    static func endWithCtrlC(_ place: Place) {
        switch place {
        case .log:
            signal(SIGINT) { _ in
                _ = Glibc.write(1, "\n", 1)
                _exit(0)
            }
        case .foreground:
            signal(SIGINT) { _ in
                _ = Glibc.write(1, "\nExiting foreground\n", 20)
                _exit(0)
            }
        }
    }

    /// At the shell the log is followed by a second swisordctl, so that Ctrl-C ends that and
    /// leaves the shell as it is.
    static func inAnotherProcess(_ arguments: [String]) {
        // Only the child is to feel Ctrl-C; what it inherits is set right again.
        let previous = signal(SIGINT, SIG_IGN)
        defer { signal(SIGINT, previous) }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var restored = sigset_t()
        sigemptyset(&restored)
        sigaddset(&restored, SIGINT)
        posix_spawnattr_setsigdefault(&attributes, &restored)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))

        let words: [UnsafeMutablePointer<CChar>?] =
            (["swisordctl"] + arguments).map { strdup($0) } + [nil]
        defer { words.forEach { free($0) } }
        var child: pid_t = 0
        let code = posix_spawn(
            &child,
            "/proc/self/exe",
            nil,
            &attributes,
            words,
            processEnvironment
        )
        guard code == 0 else {
            let text = "swisordctl: cannot start itself: \(errorText(code))\n"
            DescriptorSink(descriptor: 2).write(Array(text.utf8))
            return
        }
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0, errno == EINTR {}
    }
}
