// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0

import PackageDescription

/// C of our own: warnings are errors, stacks are guarded, and releases check what they copy.
let careful: [CSetting] = [
    .unsafeFlags(["-Wall", "-Wextra", "-Werror", "-fstack-protector-strong"]),
    .unsafeFlags(["-U_FORTIFY_SOURCE", "-D_FORTIFY_SOURCE=2"], .when(configuration: .release)),
]

/// Every Swift target is compiled with the defaults of the next language mode.
let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),  // SE-0335
    .enableUpcomingFeature("InternalImportsByDefault"),  // SE-0409
    .enableUpcomingFeature("MemberImportVisibility"),  // SE-0444
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),  // SE-0461
    .enableUpcomingFeature("InferIsolatedConformances"),  // SE-0470
    .enableUpcomingFeature("ImmutableWeakCaptures"),  // SE-0481
    .treatAllWarnings(as: .error),  // SE-0443
]

let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioEmbedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let systemPackage = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let heap = Target.Dependency.product(name: "HeapModule", package: "swift-collections")
let ordered = Target.Dependency.product(name: "OrderedCollections", package: "swift-collections")
let deque = Target.Dependency.product(name: "DequeModule", package: "swift-collections")

let package = Package(
    name: "swisord",
    products: [
        .executable(name: "swisord", targets: ["swisord"]),
        .executable(name: "swisordctl", targets: ["swisordctl"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
    ],
    targets: [
        // C that we own, and C that we do not: each is imported by exactly one Swift target.
        .target(name: "CSpawn", cSettings: careful),
        .target(name: "CArguments", cSettings: careful),
        .systemLibrary(name: "CYaml", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
        .systemLibrary(name: "CExpat", pkgConfig: "expat", providers: [.apt(["libexpat1-dev"])]),
        .systemLibrary(name: "CEdit", pkgConfig: "libedit", providers: [.apt(["libedit-dev"])]),

        .target(name: "YAML", dependencies: ["CYaml"]),
        .target(name: "Supervision", dependencies: [heap, ordered]),
        .target(name: "Configuration", dependencies: ["YAML", "Supervision", ordered]),
        .target(name: "Import", dependencies: ["Configuration", "Supervision"]),
        .target(name: "Platform", dependencies: ["CSpawn", "Supervision", systemPackage]),
        .target(
            name: "Logs",
            dependencies: ["Platform", "Supervision", systemPackage, deque, logging]
        ),
        .target(name: "ControlAPI", dependencies: [nioCore, nioEmbedded, nioHTTP1]),
        .target(name: "XMLRPC", dependencies: ["ControlAPI", "CExpat"]),
        .target(
            name: "ControlServer",
            dependencies: ["ControlAPI", "XMLRPC", nioCore, nioPosix, nioHTTP1]
        ),

        .executableTarget(
            name: "swisord",
            dependencies: [
                "Configuration", "Supervision", "Platform", "Logs", "ControlAPI", "ControlServer",
                arguments, systemPackage, logging, ordered,
            ]
        ),
        .executableTarget(
            name: "swisordctl",
            dependencies: [
                "ControlAPI", "Configuration", "Import", "CArguments", "CEdit", arguments,
            ]
        ),

        .testTarget(name: "YAMLTests", dependencies: ["YAML"]),
        .testTarget(
            name: "ConfigurationTests",
            dependencies: ["Configuration", "Supervision", "YAML", ordered],
            exclude: ["Fixtures"]
        ),
        // Depends on nothing but the rules, so that its release build is quick.
        .target(
            name: "FleetSimulator",
            dependencies: ["Supervision"],
            path: "Tests/FleetSimulator"
        ),
        .executableTarget(
            name: "simulate",
            dependencies: ["FleetSimulator"],
            path: "Tests/simulate"
        ),
        // What reads the words of others, for libFuzzer (scripts/fuzz) and for the tests.
        .target(name: "CGuardianFuzz", dependencies: ["CSpawn"], path: "Tests/CGuardianFuzz"),
        .target(
            name: "FuzzTargets",
            dependencies: [
                "CGuardianFuzz", "Configuration", "Supervision", "Platform", "Logs", "ControlAPI",
                "ControlServer", "XMLRPC", "Import", "YAML", nioCore, nioEmbedded, nioHTTP1,
                ordered,
            ],
            path: "Tests/FuzzTargets"
        ),
        .testTarget(name: "FuzzTests", dependencies: ["FuzzTargets"]),
        .testTarget(
            name: "ImportTests",
            dependencies: ["Import", "Configuration", "Supervision", "YAML", ordered],
            exclude: ["Fixtures", "record"]
        ),
        .testTarget(name: "SupervisionTests", dependencies: ["Supervision", "FleetSimulator"]),
        // A guardian without a daemon, and managers that do what a test says.
        .executableTarget(
            name: "guardianprobe",
            dependencies: ["CSpawn"],
            path: "Tests/guardianprobe",
            cSettings: [.unsafeFlags(["-Wall", "-Wextra", "-Werror"])]
        ),
        .testTarget(
            name: "PlatformTests",
            dependencies: ["Platform", "Supervision", systemPackage]
        ),
        .testTarget(
            name: "LogsTests",
            dependencies: ["Logs", "Platform", "Supervision", systemPackage]
        ),
        .testTarget(name: "ControlAPITests", dependencies: ["ControlAPI", "YAML"]),
        .testTarget(name: "XMLRPCTests", dependencies: ["XMLRPC", "ControlAPI"]),
        .testTarget(
            name: "ControlServerTests",
            dependencies: ["ControlServer", "ControlAPI"]
        ),
        .testTarget(
            name: "swisordTests",
            dependencies: [
                "swisord", "Configuration", "Supervision", "Platform", "Logs", "ControlAPI",
                arguments, logging, ordered, "YAML",
            ]
        ),
        .testTarget(name: "swisordctlTests", dependencies: ["swisordctl", "ControlAPI"]),
        // A program that serves the socket it is given.
        .executableTarget(
            name: "acceptor",
            path: "Tests/acceptor",
            cSettings: [.unsafeFlags(["-Wall", "-Wextra", "-Werror"])]
        ),
        // A file system that can be made to hang in the midst of a write.
        .executableTarget(
            name: "hangingdisk",
            path: "Tests/hangingdisk",
            cSettings: [.unsafeFlags(["-Wall", "-Wextra", "-Werror"])]
        ),
        .testTarget(name: "EndToEndTests", dependencies: ["ControlAPI"]),
        .testTarget(name: "TidyTests"),
    ]
)

// It has no main of its own: libFuzzer brings one, and only then can it be linked.
if Context.environment["SWISORD_FUZZ"] != nil {
    package.products.append(.executable(name: "fuzz", targets: ["fuzz"]))
    package.targets.append(
        .executableTarget(
            name: "fuzz",
            dependencies: ["FuzzTargets"],
            path: "Tests/fuzz",
            swiftSettings: [.unsafeFlags(["-parse-as-library"])]
        )
    )
}

let writtenInC: Set = [
    "CSpawn", "guardianprobe", "CGuardianFuzz", "acceptor", "hangingdisk",
]
for target in package.targets where target.type != .system && !writtenInC.contains(target.name) {
    target.swiftSettings = (target.swiftSettings ?? []) + strict
}
