// SPDX-License-Identifier: Apache-2.0

private import Glibc

/// The file that a Unix socket was bound to, as the kernel tells it (sock_diag(7)).
///
/// The socket's name is no answer: the file has been renamed since, and another's may have its
/// name now. The inode is: while the socket is open no other file can get its number.
package enum BoundFile {
    /// The lower half of the inode's number; nil where the kernel does not tell.
    package static func inode(of socket: Int32) -> UInt32? {
        var status = stat()
        guard fstat(socket, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK else { return nil }
        let kind = Int32(SOCK_RAW.rawValue | SOCK_CLOEXEC.rawValue)
        let netlink = Glibc.socket(AF_NETLINK, kind, diagnosis)
        guard netlink >= 0 else { return nil }
        defer { _ = close(netlink) }
        let question = request(UInt32(truncatingIfNeeded: status.st_ino))
        let sent = question.withUnsafeBytes { send(netlink, $0.baseAddress, $0.count, 0) }
        guard sent == question.count * 4 else { return nil }
        // The answer to a netlink request is there when `send` returns.
        var answer = [UInt32](repeating: 0, count: 256)
        let count = answer.withUnsafeMutableBytes {
            recv(netlink, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT))
        }
        return answer.withUnsafeBytes { read($0.prefix(max(0, count))) }
    }

    private static let diagnosis: Int32 = 4  // NETLINK_SOCK_DIAG
    private static let byFamily: UInt16 = 20  // SOCK_DIAG_BY_FAMILY
    private static let showFile: UInt32 = 2  // UDIAG_SHOW_VFS
    private static let fileAttribute: UInt16 = 1  // UNIX_DIAG_VFS

    /// `struct nlmsghdr` and `struct unix_diag_req`: the socket with this inode, its file.
    private static func request(_ inode: UInt32) -> [UInt32] {
        let flags: UInt32 = 1  // NLM_F_REQUEST
        return [
            40, UInt32(byFamily) | flags << 16, 1, 0, UInt32(AF_UNIX), .max, inode, showFile, .max,
            .max,
        ]
    }

    /// Finds the file among the attributes behind `struct unix_diag_msg`.
    private static func read(_ answer: Slice<UnsafeRawBufferPointer>) -> UInt32? {
        let bytes = UnsafeRawBufferPointer(rebasing: answer)
        guard bytes.count >= 32, bytes.load(fromByteOffset: 4, as: UInt16.self) == byFamily else {
            return nil
        }
        let end = min(bytes.count, Int(bytes.load(as: UInt32.self)))
        var place = 32
        while place + 8 <= end {
            let length = Int(bytes.load(fromByteOffset: place, as: UInt16.self))
            let type = bytes.load(fromByteOffset: place + 2, as: UInt16.self)
            if type == fileAttribute {
                return bytes.load(fromByteOffset: place + 4, as: UInt32.self)
            }
            guard length >= 4 else { return nil }
            place += (length + 3) & ~3
        }
        return nil
    }
}
