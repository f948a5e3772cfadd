// SPDX-License-Identifier: Apache-2.0

package import Supervision

/// What makes a process an event listener.
package struct ListenerConfiguration: Hashable, Sendable {
    /// The types that it is told, those that stand for others resolved.
    package var events: Set<EventType>
    /// How many events wait for the listeners of a pool.
    package var bufferSize: Int

    package init(events: Set<EventType>, bufferSize: Int = 10) {
        self.events = events
        self.bufferSize = bufferSize
    }
}

extension ProcessConfiguration {
    /// Gives a process what a listener has in place of a program's defaults.
    mutating func becomeListener(_ listener: ListenerConfiguration, _ section: Section) {
        self.listener = listener
        stdin = .pipe
        if section.integer("priority") == nil { priority = -1 }
        if section.text("stdout_logfile") == nil { stdout.destination = .none }
    }
}
