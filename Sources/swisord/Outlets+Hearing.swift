// SPDX-License-Identifier: Apache-2.0

import Configuration
import ControlAPI
import Logs
import Platform

/// Passing on what programs write, beside writing it down.
extension Outlets {
    /// Has the core told what comes out of an output, where it is to know.
    ///
    /// Asked for again, it is still told once. What it has no time for is bounded; beyond that it is
    /// not told, and the log is as it would be.
    func hear(_ stream: StreamID, of child: Child) {
        guard !stream.isError else { return }
        let follower = FollowerID(hearing: stream)
        logs.post(.unfollow(follower))
        guard child.configuration.listener != nil else { return }
        let core = core
        let credit = StreamCredit(bytes: Self.mostUnheard)
        logs.post(
            .follow(follower, stream, .last(0)) { update in
                guard case .bytes(let bytes) = update else { return }
                let taken = credit.take(bytes.count)
                guard taken > 0 else { return }
                let heard = taken == bytes.count ? bytes : Array(bytes[..<taken])
                if !core.post(.said(stream, heard, credit)) { credit.giveBack(taken) }
            }
        )
    }

    /// Twice what the longest answer takes; more at a time is no talk, and would only cost time.
    private static let mostUnheard = 1 << 14
}

extension FollowerID {
    /// The core itself, beside the clients, which are numbered from 1.
    fileprivate init(hearing stream: StreamID) {
        self.init(rawValue: UInt64(bitPattern: Int64(stream.rawValue)) | 1 << 63)
    }
}
