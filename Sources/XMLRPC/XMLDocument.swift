// SPDX-License-Identifier: Apache-2.0

private import CExpat

/// Reads bytes as a tree of elements, with expat.
///
/// There is no document type, so there are no entities but the five that XML has and no file is
/// ever looked at; and there are limits, so that a small document costs little.
enum XMLDocument {
    static func read(_ bytes: [UInt8], _ limits: CallLimits) throws(MalformedCall) -> XMLElement {
        guard bytes.count <= limits.bytes, let length = Int32(exactly: bytes.count) else {
            throw MalformedCall("it is longer than \(limits.bytes) bytes")
        }
        guard let parser = XML_ParserCreate(nil) else { throw MalformedCall("there is no memory") }
        defer { XML_ParserFree(parser) }
        let growth = Growth(parser, limits)
        XML_SetUserData(parser, Unmanaged.passUnretained(growth).toOpaque())
        XML_SetStartDoctypeDeclHandler(parser) { data, _, _, _, _ in
            Growth.of(data)?.refuse("it has a document type")
        }
        XML_SetElementHandler(
            parser,
            { data, name, _ in Growth.of(data)?.begin(name) },
            { data, _ in Growth.of(data)?.end() }
        )
        XML_SetCharacterDataHandler(parser) { data, text, count in
            Growth.of(data)?.add(text, Int(count))
        }
        let status = bytes.withUnsafeBytes { buffer in
            XML_Parse(parser, buffer.baseAddress?.assumingMemoryBound(to: CChar.self), length, 1)
        }
        // The tree is filled behind the optimiser's back.
        return try withExtendedLifetime(growth) { () throws(MalformedCall) -> XMLElement in
            if let refusal = growth.refusal { throw MalformedCall(refusal) }
            guard status == XML_STATUS_OK, let root = growth.root else {
                throw MalformedCall(
                    "it is no XML: \(reason(of: parser)), line \(XML_GetCurrentLineNumber(parser))"
                )
            }
            return root
        }
    }

    private static func reason(of parser: XML_Parser) -> String {
        XML_ErrorString(XML_GetErrorCode(parser)).map { String(cString: $0) } ?? "unknown error"
    }

    /// The tree while it grows.
    private final class Growth {
        private(set) var root: XMLElement?
        private(set) var refusal: String?
        private let parser: XML_Parser
        private let limits: CallLimits
        private var open: [XMLElement] = []
        private var count = 0

        init(_ parser: XML_Parser, _ limits: CallLimits) {
            self.parser = parser
            self.limits = limits
        }

        static func of(_ data: UnsafeMutableRawPointer?) -> Growth? {
            data.map { Unmanaged<Growth>.fromOpaque($0).takeUnretainedValue() }
        }

        func refuse(_ why: String) {
            refusal = refusal ?? why
            _ = XML_StopParser(parser, 0)
        }

        func begin(_ name: UnsafePointer<CChar>?) {
            count += 1
            guard count <= limits.elements else {
                return refuse("it has more than \(limits.elements) elements")
            }
            guard open.count < limits.depth else {
                return refuse("its elements are nested deeper than \(limits.depth)")
            }
            open.append(XMLElement(name.map { String(cString: $0) } ?? ""))
        }

        func end() {
            guard let element = open.popLast() else { return }
            if open.isEmpty {
                root = element
            } else {
                open[open.count - 1].children.append(element)
            }
        }

        func add(_ text: UnsafePointer<CChar>?, _ count: Int) {
            guard let text, !open.isEmpty else { return }
            let bytes = UnsafeRawBufferPointer(start: text, count: count)
            open[open.count - 1].text.append(contentsOf: bytes)
        }
    }
}
