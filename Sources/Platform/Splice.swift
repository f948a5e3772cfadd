// SPDX-License-Identifier: Apache-2.0

private import CSpawn
private import Glibc
package import SystemPackage

extension OwnedDescriptor {
    /// Moves up to `count` bytes from this pipe to the position of a file (`splice`).
    ///
    /// Nothing is copied through this process, so nothing is lost when it is killed half way. It
    /// never waits for the pipe (`wouldBlock` when it is empty); a slow disk it does wait for.
    ///
    /// - Throws: the errno of the call, `invalidArgument` where the file cannot be spliced to.
    package borrowing func splice(
        to file: borrowing OwnedDescriptor,
        count: Int
    ) throws(Errno) -> Int {
        while true {
            let moved = swisord_splice(rawValue, file.rawValue, count)
            if moved >= 0 { return moved }
            if Glibc.errno != EINTR { throw Errno(rawValue: Glibc.errno) }
        }
    }
}
