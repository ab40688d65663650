import Foundation
import JSON
import Testing

@Suite("Written JSON") struct JSONValueTests {
  @Test("reads back to the same value, in one fixed order")
  func roundTrip() throws {
    let value = JSONValue.object([
      "b": .array([.integer(1), .number(0.1), .number(1e-5), .number(.leastNonzeroMagnitude)]),
      "a": .string("quote \" slash \\ line \n bell \u{7} é 😀"), "c": .object([:]),
      "d": .array([]), "e": .null, "f": .bool(false),
    ])
    let text = value.serialized
    #expect(try JSONNode(parsing: Data(text.utf8), file: "f").value == value)
    #expect(text.hasPrefix("{\n  \"a\": \"quote"))
    let foundation = try JSONSerialization.jsonObject(with: Data(text.utf8))
    #expect((foundation as? [String: Any])?.count == 6)
  }
}
