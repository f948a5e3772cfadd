// SPDX-License-Identifier: Apache-2.0

/// Those who are told what is written to one log, each chunk once and in order.
struct Followers {
    /// Who follows, through which stream, and where the bytes go.
    struct Follower: Sendable {
        let id: FollowerID
        let stream: StreamID
        let sink: @Sendable (FollowUpdate) -> Void
    }

    private var all: [Follower] = []

    var isEmpty: Bool { all.isEmpty }

    mutating func add(_ follower: Follower) {
        all.append(follower)
    }

    mutating func remove(_ id: FollowerID) {
        all.removeAll { $0.id == id }
    }

    /// Takes out those who came through this stream.
    mutating func take(of stream: StreamID) -> [Follower] {
        let taken = all.filter { $0.stream == stream }
        all.removeAll { $0.stream == stream }
        return taken
    }

    /// Tells everybody; the bytes are copied once for all of them.
    func tell(_ bytes: ArraySlice<UInt8>) {
        guard !all.isEmpty, !bytes.isEmpty else { return }
        let update = FollowUpdate.bytes(Array(bytes))
        for follower in all { follower.sink(update) }
    }
}
