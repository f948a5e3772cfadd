// SPDX-License-Identifier: Apache-2.0

import Configuration
import Supervision
import Testing

@Suite("The text of a value")
struct ValueTextTests {
    @Test(
        "is a duration",
        arguments: [
            ("0", .zero), ("5", .seconds(5)), ("0.5", .milliseconds(500)),
            ("500ms", .milliseconds(500)),
            ("10s", .seconds(10)), ("1m30s", .seconds(90)), ("2h", .seconds(7200)),
            ("1d", .seconds(86_400)), ("1d2h3m4s5ms", .milliseconds(93_784_005)),
            ("1.5m", .seconds(90)), ("0.1s", .milliseconds(100)), ("007", .seconds(7)),
            ("0.000000001", .nanoseconds(1)), ("3650d", .seconds(3650 * 86_400)),
        ] as [(String, Duration)]
    )
    func duration(_ text: String, _ expected: Duration) {
        #expect(DurationText.parse(text) == expected)
    }

    @Test(
        "is no duration",
        arguments: [
            "", "s", "ms", ".", "1.", ".5", "1.2.3", "-1", "+1", "1 s", "5S", "5sec", "1s1m",
            "1s1s",
            "1m30", "30 ", "1e3", "0x10", "1_000", "12:30", "٣", "1,5", "99999999999999999999",
            "3651d", "forever",
            "9223372036.9s",
        ]
    )
    func noDuration(_ text: String) {
        #expect(DurationText.parse(text) == nil)
    }

    @Test(
        "is a size",
        arguments: [
            ("0", 0), ("1", 1), ("1048576", 1 << 20), ("1KB", 1 << 10), ("1kb", 1 << 10),
            ("50MB", 50 << 20), ("2GB", 2 << 30), ("1KiB", 1 << 10), ("3MiB", 3 << 20),
            ("4GiB", 4 << 30), ("9223372036854775807", UInt64(Int64.max)),
        ] as [(String, UInt64)]
    )
    func size(_ text: String, _ expected: UInt64) {
        #expect(SizeText.parse(text) == expected)
    }

    @Test(
        "is no size",
        arguments: [
            "", "MB", "1.5GB", "50M", "1 MB", "-1", "+1", "1TB", "1B", "1_000", "0x10",
            "18446744073709551616", "9223372036854775808", "99999999999GB", "1MBB",
        ]
    )
    func noSize(_ text: String) {
        #expect(SizeText.parse(text) == nil)
    }

    @Test(
        "is octal digits",
        arguments: [("0", 0), ("022", 0o22), ("22", 0o22), ("0700", 0o700), ("7777", 0o7777)]
            as [(String, UInt32)]
    )
    func octal(_ text: String, _ expected: UInt32) {
        #expect(NumberText.octal(text) == expected)
    }

    @Test(
        "is no octal digits",
        arguments: ["", "8", "0o22", "-1", "+7", "00022", "2 2", "u=rwx", "٣"]
    )
    func noOctal(_ text: String) {
        #expect(NumberText.octal(text) == nil)
    }

    @Test("is a whole number", arguments: [("0", 0), ("-5", -5), ("999", 999), ("10", 10)])
    func integer(_ text: String, _ expected: Int) {
        #expect(NumberText.integer(text) == expected)
    }

    @Test(
        "is no whole number",
        arguments: [
            "", "-", "+5", "010", "-01", "1.0", "1_000", "0x10", "1e3", " 1", "٣",
            "99999999999999999999",
        ]
    )
    func noInteger(_ text: String) {
        #expect(NumberText.integer(text) == nil)
    }

    @Test(
        "is a number with a fraction",
        arguments: [("0", 0), ("0.1", 0.1), ("2", 2), ("1.50", 1.5)]
    )
    func decimal(_ text: String, _ expected: Double) {
        #expect(NumberText.decimal(text) == expected)
    }

    @Test(
        "is no number",
        arguments: ["", ".", "1.", ".5", "-1", "nan", "inf", "1e3", "0x1p3", "1.2.3"]
    )
    func noDecimal(_ text: String) {
        #expect(NumberText.decimal(text) == nil)
    }

    @Test(
        "is a user and a group",
        arguments: [
            ("josh", .name("josh"), nil), ("josh:staff", .name("josh"), .name("staff")),
            ("1000:100", .number(1000), .number(100)), ("1000", .number(1000), nil),
            ("0:staff", .number(0), .name("staff")), ("7up", .name("7up"), nil),
        ] as [(String, UserReference.Identity, UserReference.Identity?)]
    )
    func user(
        _ text: String,
        _ user: UserReference.Identity,
        _ group: UserReference.Identity?
    ) throws {
        let reference = try #require(UserReference(text))
        #expect(reference.text == text)
        #expect(reference.user == user)
        #expect(reference.group == group)
    }

    @Test(
        "is no user",
        arguments: ["", ":", "josh:", ":staff", "a:b:c", "4294967295", "99999999999"]
    )
    func noUser(_ text: String) {
        #expect(UserReference(text) == nil)
    }

    @Test(
        "is a path from somewhere",
        arguments: [
            ("a", "/srv/a"), ("./a/./b", "/srv/a/b"), ("../a", "/srv/../a"), ("/a//b/", "/a/b"),
            ("~", "/home/josh"), ("~/a", "/home/josh/a"), ("/~", "/~"), (".", "/srv"),
        ]
    )
    func path(_ text: String, _ expected: String) {
        #expect(PathText.absolute(text, in: "/srv", home: "/home/josh") == expected)
    }

    @Test("is no path when it names another's home")
    func noPath() {
        #expect(PathText.absolute("~root/a", in: "/srv", home: "/home/josh") == nil)
    }

    @Test(
        "is one path however it is written",
        arguments: [
            ("/a/../b", "/b"), ("/../a", "/a"), ("/a/b/../../c", "/c"), ("/a/./b/", "/a/b"),
            ("/a//\u{301}x/../b", "/a/b"),
        ]
    )
    func folded(_ path: String, _ expected: String) {
        #expect(PathText.folded(path) == expected)
    }
}
