// SPDX-License-Identifier: Apache-2.0

import Glibc
import Platform
import Testing

@Suite("An account")
struct AccountsTests {
    @Test("is found by name or number, with all that its environment needs")
    func finds() throws {
        let root = try Accounts.resolve("root")
        #expect((root.uid, root.gid) == (0, 0))
        #expect(root.name == "root")
        #expect(root.home == "/root")
        #expect(root.groups.contains(0))
        #expect(!root.shell.isEmpty)
        #expect(try Accounts.resolve("0") == root)
        #expect(try Accounts.resolve("0:0") == root)
        #expect(try Accounts.resolve("root:root") == root)
        #expect(Accounts.current().uid == geteuid())
    }

    @Test("has the group it was given as its primary one")
    func group() throws {
        let account = try Accounts.resolve("root:12345")
        #expect((account.uid, account.gid) == (0, 12345))
        #expect(account.groups.contains(12345))
    }

    @Test("may be a number without an entry, which belongs to no other group")
    func numeric() throws {
        let account = try Accounts.resolve("4242424")
        #expect((account.uid, account.gid) == (4_242_424, 4_242_424))
        #expect(account.groups.isEmpty)
        #expect(account.home == "/")
        #expect(try Accounts.resolve("4242424:7").gid == 7)
    }

    @Test(
        "is never made up of a text that names none",
        arguments: [
            ("0day", "no such user '0day'"), ("0x0", "no such user '0x0'"),
            ("nobody-of-that-name", "no such user 'nobody-of-that-name'"),
            ("-1", "no such user '-1'"), (" 0", "no such user ' 0'"),
            ("4294967295", "'4294967295' is not a user or group id"),
            ("4294967296", "'4294967296' is not a user or group id"),
            ("00", "'00' is not a user or group id"),
            ("root:nogroup-of-that-name", "no such group 'nogroup-of-that-name'"),
            ("root:0day", "no such group '0day'"), ("root:a:b", "no such group 'a:b'"),
            ("", "must be 'name', 'name:group' or numbers"),
            ("root:", "must be 'name', 'name:group' or numbers"),
            (":root", "must be 'name', 'name:group' or numbers"),
        ]
    )
    func refuses(_ text: String, _ reason: String) throws {
        let error = #expect(throws: AccountError.self) { try Accounts.resolve(text) }
        #expect(error?.description == "user '\(text)': \(reason)")
    }
}
