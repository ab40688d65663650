import ArgumentParser
import Commands
import Testing

@Suite("Values of options") struct ValuesTests {
  @Test(
    "decimal numbers are read", arguments: [("7.5", 7.5), ("1e-4", 1e-4), ("-0", 0), ("5.", 5)])
  func number(text: String, value: Double) throws { #expect(try Values.number(text) == value) }

  @Test(
    "what only looks like a number is refused",
    arguments: ["", " 5", "5 ", "0x10", "1,000", "٣", "1e", "five"])
  func noNumber(text: String) {
    #expect(throws: ValidationError.self) { try Values.number(text) }
  }

  @Test("a list is read item by item, without the spaces around them")
  func lists() throws {
    #expect(try Values.list("--layers", "up, down 0 ,mid", like: "a,b") == ["up", "down 0", "mid"])
    #expect(try Values.wholeNumbers("--t", "981, 501,1,1", like: "1,2") == [981, 501, 1, 1])
  }

  @Test(
    "a list with an item that is none is refused whole",
    arguments: ["", "1,,2", "1,", ",", "1,000", "+5", "-0", "0x10", "1.5", "٣", "1e1"])
  func noList(text: String) {
    let error = #expect(throws: ValidationError.self) {
      try Values.wholeNumbers("--heads", text, like: "0,3")
    }
    #expect(error?.message == "--heads: expected a list such as 0,3, found '\(text)'")
  }
}
