// SPDX-License-Identifier: Apache-2.0

/// The routes about the configuration file and the groups that it makes.
extension Routes {
    static let configuration: [Route] = [
        Route(
            .get,
            "/v1/config/plan",
            "getPlan",
            "What applying the file would change.",
            .plan,
            errors: planning
        ),
        Route(
            .post,
            "/v1/config/apply",
            "applyPlan",
            "Apply what differs in the file.",
            query: [
                QueryParameter(
                    name: "groups",
                    kind: .list(default: []),
                    summary: "The groups to apply; without it, all."
                )
            ],
            errors: planning + [.noSuchGroup],
            read: { .request(.apply(groups: $0.list("groups"))) },
            write: {
                guard case .request(.apply(let groups)) = $0 else { return nil }
                return Arguments(query: ["groups": .list(groups)])
            }
        ),
        Route(
            .get,
            "/v1/config/available",
            "listAvailable",
            "Every process of the file as it was read last, with its settings.",
            .available,
            errors: planning
        ),
    ]

    static let groups: [Route] = [
        command(
            "add",
            "addGroups",
            "Bring groups of the file, as it was read last, into the fleet.",
            [.noSuchGroup, .alreadyAdded] + planning,
            Request.add
        ) {
            if case .add(let groups) = $0 { groups } else { nil }
        },
        command(
            "remove",
            "removeGroups",
            "Take groups of which nothing runs out of the fleet.",
            [.noSuchGroup, .stillRunning, .failed],
            Request.remove
        ) {
            if case .remove(let groups) = $0 { groups } else { nil }
        },
    ]

    private static func command(
        _ verb: String,
        _ id: String,
        _ summary: String,
        _ errors: [APIError.Code],
        _ make: @escaping @Sendable ([String]) -> Request,
        _ groups: @escaping @Sendable (Request) -> [String]?
    ) -> Route {
        Route(
            .post,
            "/v1/groups/{names}/\(verb)",
            id,
            summary,
            errors: errors,
            read: { .request(make($0.names)) },
            write: {
                guard case .request(let request) = $0 else { return nil }
                return groups(request).map { Arguments(names: $0) }
            }
        )
    }
}
