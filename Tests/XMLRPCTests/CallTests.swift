// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import XMLRPC

/// A value as a client writes it, and what it is.
struct WrittenValue: Sendable, CustomTestStringConvertible {
    let xml: String
    let value: XMLValue

    var testDescription: String { xml }

    init(_ xml: String, _ value: XMLValue) {
        self.xml = xml
        self.value = value
    }

    static let all = [
        WrittenValue("", .text("")),
        WrittenValue("bare", .text("bare")),
        WrittenValue(" kept ", .text(" kept ")),
        WrittenValue("<string>a &lt;b&gt; &amp; &#xe4;</string>", .text("a <b> & ä")),
        WrittenValue("<string/>", .text("")),
        WrittenValue("<string><![CDATA[<raw>]]></string>", .text("<raw>")),
        WrittenValue("<int>-7</int>", .int(-7)),
        WrittenValue("<i4> 7\n</i4>", .int(7)),
        WrittenValue("<i8>5000000000</i8>", .int(5_000_000_000)),
        WrittenValue("<boolean>1</boolean>", .bool(true)),
        WrittenValue("<boolean>0</boolean>", .bool(false)),
        WrittenValue("<double>1.5</double>", .double(1.5)),
        WrittenValue("<base64>YWJj\nZA==</base64>", .bytes(Array("abcd".utf8))),
        WrittenValue("<base64></base64>", .bytes([])),
        WrittenValue(
            "<dateTime.iso8601>20261125T02:00:00</dateTime.iso8601>",
            .date("20261125T02:00:00")
        ),
        WrittenValue("<nil/>", .null),
        WrittenValue("<array><data/></array>", .array([])),
        WrittenValue(
            "<array>\n<data> <value><int>1</int></value><value>x</value> </data></array>",
            .array([.int(1), .text("x")])
        ),
        WrittenValue("<struct></struct>", .structure([])),
        WrittenValue(
            "<struct><member><name>a</name><value><int>1</int></value></member></struct>",
            .structure([.init("a", .int(1))])
        ),
    ]
}

@Suite("A call that a client sends")
struct CallTests {
    private func call(_ xml: String) throws(MalformedCall) -> MethodCall {
        try MethodCall(Array(xml.utf8))
    }

    @Test("holds every type that there is", arguments: WrittenValue.all)
    func types(written: WrittenValue) throws {
        let call = try call(
            """
            <?xml version='1.0'?>
            <methodCall><methodName>m</methodName>
            <params><param><value>\(written.xml)</value></param></params></methodCall>
            """
        )
        #expect(call == MethodCall("m", [written.value]))
    }

    @Test(
        "may leave out parameters",
        arguments: ["", "<params/>", "<params></params>"]
    )
    func absent(parameters: String) throws {
        let name = "supervisor.getState"
        let call = try call(
            "<methodCall><methodName> \(name) </methodName>\(parameters)</methodCall>"
        )
        #expect(call == MethodCall(name, []))
    }

    @Test("is read in whatever encoding it says that it has")
    func encodings() throws {
        let head = "<?xml version='1.0' encoding='iso-8859-1'?><methodCall><methodName>m"
        let tail = "</methodName><params><param><value>?</value></param></params></methodCall>"
        let bytes = Array((head + tail).utf8).map { $0 == UInt8(ascii: "?") ? 0xE4 : $0 }
        // The question marks of the declaration are put back.
        let latin = Array(head.utf8) + bytes.dropFirst(head.utf8.count)
        #expect(try MethodCall(latin) == MethodCall("m", [.text("ä")]))
    }

    @Test(
        "is refused when it is something else",
        arguments: [
            "", "hello", "<methodCall>", "<methodCall/>", "<a/>", "<methodCall></a></methodCall>",
            "<methodCall><methodName/></methodCall>",
            "<methodCall><methodName>a</methodName><methodName>b</methodName></methodCall>",
            "<methodResponse><params/></methodResponse>",
            "<methodCall><methodName>m</methodName><params><value/></params></methodCall>",
            "<methodCall><methodName>m</methodName></methodCall><!-- -->x",
            "<methodCall><methodName>&nbsp;</methodName></methodCall>",
        ]
    )
    func foreign(xml: String) {
        #expect(throws: MalformedCall.self) { try call(xml) }
    }

    @Test(
        "is refused when a value is not of its type",
        arguments: [
            "<int>x</int>", "<int>1.5</int>", "<int>99999999999999999999</int>", "<int/>",
            "<boolean>yes</boolean>", "<double>x</double>", "<base64>a</base64>",
            "<base64>YW=j</base64>", "<base64>####</base64>", "<unknown/>",
            "<array/>", "<array><data/><data/></array>", "<array><value/></array>",
            "<array><data><int>1</int></data></array>", "<struct><name>a</name></struct>",
            "<struct><member><name>a</name></member></struct>", "<int>1</int><int>2</int>",
        ]
    )
    func mistyped(value: String) {
        #expect(throws: MalformedCall.self) {
            try call(
                "<methodCall><methodName>m</methodName><params><param><value>\(value)</value>"
                    + "</param></params></methodCall>"
            )
        }
    }

    @Test(
        "is refused with a document type, so that no entity can grow or reach a file",
        arguments: [
            "<!DOCTYPE methodCall>",
            "<!DOCTYPE m [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;&a;'>]>",
            "<!DOCTYPE m [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>",
            "<!DOCTYPE m SYSTEM 'http://localhost/dtd'>",
        ]
    )
    func documentTypes(declaration: String) {
        let xml =
            "<?xml version='1.0'?>\(declaration)<methodCall><methodName>m</methodName></methodCall>"
        let error = #expect(throws: MalformedCall.self) { try call(xml) }
        #expect(error?.description == "it has a document type")
    }

    @Test("costs a bounded amount, whatever is in it")
    func limits() throws {
        func nested(_ depth: Int) -> String {
            "<methodCall><methodName>m</methodName><params><param>"
                + String(repeating: "<value><array><data>", count: depth) + "<value>x</value>"
                + String(repeating: "</data></array></value>", count: depth)
                + "</param></params></methodCall>"
        }
        func wide(_ count: Int) -> String {
            "<methodCall><methodName>m</methodName><params><param><value><array><data>"
                + String(repeating: "<value/>", count: count)
                + "</data></array></value></param></params></methodCall>"
        }
        let limits = CallLimits()
        #expect(throws: Never.self) { try call(nested(15)) }
        #expect(throws: MalformedCall.self) { try call(nested(limits.depth)) }
        #expect(throws: MalformedCall.self) { try call(nested(20_000)) }
        #expect(throws: Never.self) { try call(wide(10_000)) }
        #expect(throws: MalformedCall.self) { try call(wide(limits.elements)) }
        #expect(throws: MalformedCall.self) {
            try MethodCall([UInt8](repeating: 0x20, count: limits.bytes + 1))
        }
    }
}
