import Foundation
import JSON
import Testing
import TestSupport

@Suite("JSON that nobody vouches for") struct JSONParserTests {
  private func parse(_ text: String) throws -> JSONValue {
    try JSONNode(parsing: Data(text.utf8), file: "f.json").value
  }

  @Test(
    "values",
    arguments: [
      ("null", .null), (" true ", .bool(true)), ("-0", .integer(0)), ("12", .integer(12)),
      ("9223372036854775807", .integer(.max)), ("1e2", .number(100)), ("-2.5E-1", .number(-0.25)),
      ("-Infinity", .number(-.infinity)),
      ("1000000000000000019884624838656", .number(1e30)),
      (#""a\"\\\/\b\f\n\r\té😀""#, .string("a\"\\/\u{8}\u{c}\n\r\té😀")),
      ("[]", .array([])), ("[1,[2]]", .array([.integer(1), .array([.integer(2)])])),
      (#"{"a":{},"b":null}"#, .object(["a": .object([:]), "b": .null])),
    ] as [(String, JSONValue)])
  func values(text: String, expected: JSONValue) throws {
    #expect(try parse(text) == expected)
  }

  @Test(
    "what RFC 8259 forbids is refused",
    arguments: [
      "", " ", "nul", "tru", "01", "-", "1.", ".5", "1e", "+1", "0x10", "NaN", "Infinity", "1e999",
      "[1,]", "[,1]", "[1 2]", "[", "{", "{\"a\"}", "{\"a\":}", "{a:1}", "{\"a\":1,}", "'a'",
      "\"a", "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"\\ud800\"", "\"\\ud800\\u0041\"",
      "\"\\udc00\"", "\"\u{1}\"", "1 2", "// c\n1", "{\"a\":1,\"a\":2}", "{\"a\":1,\"\\u0061\":2}",
    ])
  func refused(text: String) {
    #expect(throws: JSONError.self) { try parse(text) }
  }

  @Test("a key that is there twice, bad UTF-8 and a byte order mark are named")
  func messages() {
    #expect(
      throws: JSONError.damaged(
        file: "f.json", part: "JSON byte 12", reason: "key \"a\" is there twice")
    ) { try parse(#"{"a":1,"a":2}"#) }
    #expect(throws: JSONError.self) {
      try JSONNode(parsing: [0x22, 0xff, 0x22], file: "f.json")
    }
    #expect(throws: JSONError.self) { try parse("\u{feff}{}") }
  }

  @Test("nesting and numbers are bounded")
  func bounds() throws {
    let deep = { (depth: Int) in
      String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }
    _ = try parse(deep(64))
    #expect(throws: JSONError.self) { try parse(deep(66)) }
    #expect(throws: JSONError.self) {
      try parse(String(repeating: "[", count: 1_000_000))
    }
    #expect(throws: JSONError.self) { try parse(String(repeating: "9", count: 1_000_000)) }
  }

  @Test("a vocabulary of 50,000 words takes no time that grows with its square")
  func vocabulary() throws {
    let text = "{" + (0..<50_000).map { "\"wörd\($0)</w>\": \($0)" }.joined(separator: ", ") + "}"
    var words: [String: JSONNode] = [:]
    let elapsed = try processorTime {
      words = try JSONNode(parsing: Data(text.utf8), file: "vocab.json").members()
    }
    #expect(words.count == 50_000)
    #expect(try words["wörd49999</w>"]?.integer() == 49_999)
    #expect(elapsed < .seconds(5), "\(elapsed)")
  }
}
