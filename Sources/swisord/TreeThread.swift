// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import Platform
import Supervision

/// The thread that reads /proc, which takes long on a machine with many processes.
///
/// It is started when there is first something to look at, and waits for tasks. Those that wait
/// together are answered by one look.
struct TreeThread: Sendable {
    /// One run that is to be looked for.
    struct Query: Sendable {
        let id: MemberID
        let number: Int
        let run: ProcessTree.Run
        /// Whether the run has ended, and its processes are leftovers.
        let isOver: Bool
    }

    /// What was found of one run.
    struct News: Sendable {
        let id: MemberID
        let number: Int
        let found: [ProcessStat]
    }

    private enum Task: Sendable {
        case look(Query)
        case kill(Query)
        case seek(tag: String, reply: @Sendable (Set<String>) -> Void)
        case list([Query], ProgramList, reply: @Sendable (Response) -> Void)
    }

    private let tasks: Mailbox<Task>

    /// Starts the thread.
    ///
    /// - Parameters:
    ///   - adopters: See `ProcessTree.attribute`.
    ///   - tell: Takes news to the core.
    /// - Throws: `SystemError` when there are no threads or descriptors to be had.
    init(
        adopters: Set<PID>,
        tell: @escaping @Sendable (News) -> Void
    ) throws(SystemError) {
        let tasks = try Mailbox<Task>(capacity: 100_000)
        self.tasks = tasks
        _ = try Thread(name: "trees") {
            guard var reactor = try? Reactor(),
                (try? reactor.add(tasks.descriptor, token: 0)) != nil
            else { return }
            var events: [Reactor.Event] = []
            while true {
                events.removeAll(keepingCapacity: true)
                guard (try? reactor.wait(timeout: nil, into: &events)) != nil else { return }
                Self.work(tasks.takeAll(), adopters, tell)
            }
        }
    }

    func look(_ query: Query) { tasks.post(.look(query)) }

    func kill(_ query: Query) { tasks.post(.kill(query)) }

    /// Answers with the marks that orphans have.
    func seek(tag: String, reply: @escaping @Sendable (Set<String>) -> Void) {
        tasks.post(.seek(tag: tag, reply: reply))
    }

    /// Puts what lives under each program into a list, and answers with it.
    func list(
        _ queries: [Query],
        _ programs: ProgramList,
        reply: @escaping @Sendable (Response) -> Void
    ) {
        if !tasks.post(.list(queries, programs, reply: reply)) { reply(.programs(programs)) }
    }

    private static func work(
        _ tasks: [Task],
        _ adopters: Set<PID>,
        _ tell: (News) -> Void
    ) {
        var looks: [Query] = []
        var kills: [Query] = []
        for task in tasks {
            switch task {
            case .look(let query): looks.append(query)
            case .kill(let query): kills.append(query)
            case .seek(let tag, let reply):
                reply(ProcessSweep.marks(tagged: tag, adopters: adopters))
            case .list(let queries, var programs, let reply):
                TreeReading(queries, adopters: adopters).fill(&programs)
                reply(.programs(programs))
            }
        }
        if !kills.isEmpty {
            let left = ProcessSweep.kill(
                kills.map(\.run),
                adopters: adopters,
                within: longestSweep
            )
            report(kills, left, tell)
        }
        if !looks.isEmpty {
            report(looks, ProcessSweep.look(looks.map(\.run), adopters: adopters), tell)
        }
    }

    /// After this a sweep is given up; a stop that still waits asks for another.
    private static let longestSweep = Duration.seconds(2)

    private static func report(
        _ queries: [Query],
        _ found: [[ProcessStat]],
        _ tell: (News) -> Void
    ) {
        for (query, processes) in zip(queries, found) {
            tell(News(id: query.id, number: query.number, found: processes))
        }
    }
}
