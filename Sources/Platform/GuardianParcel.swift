// SPDX-License-Identifier: Apache-2.0

internal import CSpawn
private import Glibc

extension GuardianLink {
    /// One message and the descriptors beside it.
    final class Parcel {
        private(set) var message = swisord_guardian_message()
        private var descriptors: [Int32]
        /// Whether the descriptors are this parcel's to close.
        private var owns = false

        init(
            _ kind: swisord_guardian_kind,
            value: Int32 = 0,
            slots: [Int] = [],
            descriptors: [Int32] = [],
            text: String = ""
        ) {
            self.descriptors = descriptors
            message.kind = kind.rawValue
            message.value = value
            withUnsafeMutableBytes(of: &message.slots) { bytes in
                let numbers = bytes.bindMemory(to: Int32.self)
                for (index, slot) in slots.enumerated() { numbers[index] = Int32(clamping: slot) }
            }
            message.count = UInt32(slots.count)
            guard !text.isEmpty else { return }
            let bytes = Array(text.utf8.prefix(Int(SWISORD_GUARDIAN_TEXT)))
            withUnsafeMutableBytes(of: &message.text) { $0.copyBytes(from: bytes) }
            message.count = UInt32(bytes.count)
        }

        /// Receives one without waiting; nil with errno, which is 0 at the end.
        init?(from channel: Int32) {
            var count = Int(SWISORD_GUARDIAN_BATCH)
            descriptors = [Int32](repeating: -1, count: count)
            let result = swisord_guardian_receive(channel, &message, &descriptors, &count)
            guard result == 1 else {
                descriptors = []
                if result == 0 { errno = 0 }
                return nil
            }
            descriptors.removeSubrange(count...)
            owns = true
        }

        deinit {
            guard owns else { return }
            for descriptor in descriptors { close(descriptor) }
        }

        /// What kind of message it is, and its value.
        var kind: UInt32 { message.kind }
        var value: Int32 { message.value }

        /// The slots of the message.
        var slots: [Int] {
            withUnsafeBytes(of: message.slots) { bytes in
                bytes.bindMemory(to: Int32.self).prefix(Int(message.count)).map(Int.init)
            }
        }

        /// The descriptors, which are the caller's from now on.
        func takeDescriptors() -> [Int32] {
            owns = false
            return descriptors
        }

        /// Replaces borrowed descriptors by copies, so that their owner may close them.
        ///
        /// One that cannot be copied, for want of numbers, is replaced by nothing: the message
        /// would be refused, and a descriptor of another kind stored in its place be worse.
        func keepDescriptors() {
            guard !owns, !descriptors.isEmpty else { return }
            owns = true
            let copies = descriptors.map { fcntl($0, F_DUPFD_CLOEXEC, 3) }
            descriptors = copies.filter { $0 >= 0 }
        }

        /// Sends it without waiting; false with errno.
        func send(to channel: Int32) -> Bool {
            swisord_guardian_send(channel, &message, descriptors, descriptors.count) == 0
        }
    }
}
