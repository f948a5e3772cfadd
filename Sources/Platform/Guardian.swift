// SPDX-License-Identifier: Apache-2.0

private import CSpawn
private import Glibc
private import SystemPackage

/// The process that cannot fail: parent of the programs and of the manager that supervises them.
///
/// It is this same executable with the same arguments, told by the environment what it is to be.
/// All that it does is in `guardian.c`; `GuardianLink` is the manager's side.
package enum Guardian {
    private static let role = "SWISORD_GUARDIAN"
    private static let ready = "SWISORD_READY"
    /// Milliseconds between the starts of managers that keep dying, for tests that have them die.
    private static let pause = "SWISORD_GUARDIAN_PAUSE"

    /// Whether this process was executed to be a guardian.
    package static var isAsked: Bool { getenv(role) != nil }

    /// Guards until there is nothing left to guard; returns the exit status for this process.
    ///
    /// Call it before the first thread is started.
    package static func run() -> Int32 {
        // It was executed by a path that says nothing: /proc/self/exe.
        ThisProcess.name("swisord")
        // What the start needed is never needed again.
        swisord_give_back_memory()
        let channel = getenv(ready).flatMap { Int32(String(cString: $0)) }
        guard let pause = getenv(pause).flatMap({ UInt32(String(cString: $0)) }) else {
            return swisord_guardian_run(swisord_arguments(), channel ?? -1, nil)
        }
        var limits = swisord_guardian_usual_limits()
        limits.pause = pause
        return swisord_guardian_run(swisord_arguments(), channel ?? -1, &limits)
    }

    /// Executes this program anew, as the guardian in this process (`execv`).
    ///
    /// - Parameter readyChannel: A descriptor for the first manager, who gets it by
    ///   `takeReadyChannel`; nobody else keeps a copy.
    /// - Throws: `SystemError` when there is neither `/proc` nor the file it was executed from.
    package static func exec(readyChannel: Int32?) throws(SystemError) -> Never {
        setenv(role, "1", 1)
        if let readyChannel {
            setenv(ready, "\(readyChannel)", 1)
            _ = fcntl(readyChannel, F_SETFD, 0)
        }
        guard let kept = swisord_arguments() else {
            throw SystemError("execv", "/proc/self/exe", errno: .invalidArgument)
        }
        let arguments = UnsafeMutablePointer(mutating: kept)
        execv("/proc/self/exe", arguments)
        var failure = SystemError.last("execv", "/proc/self/exe")
        if let path = swisord_executable_path() {
            execv(path, arguments)
            failure = SystemError.last("execv", String(cString: path))
        }
        unsetenv(role)
        unsetenv(ready)
        throw failure
    }

    /// What the initial process left for the first manager; nil for all later ones.
    package static func takeReadyChannel() -> OwnedDescriptor? {
        guard let number = getenv(ready).flatMap({ Int32(String(cString: $0)) }) else { return nil }
        unsetenv(ready)
        guard fcntl(number, F_SETFD, FD_CLOEXEC) == 0 else { return nil }
        return OwnedDescriptor(owning: number)
    }
}

extension ThisProcess {
    /// The arguments of this process, its name first; also where there is no `/proc`.
    package static var arguments: [String] {
        var all: [String] = []
        guard var next = swisord_arguments() else { return all }
        while let argument = next.pointee {
            all.append(String(cString: argument))
            next += 1
        }
        return all
    }
}
