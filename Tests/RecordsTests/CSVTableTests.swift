import Foundation
import Records
import Testing

@Suite("CSV as RFC 4180 writes it") struct CSVTableTests {
  @Test("a header row, CRLF, quotes only where needed")
  func text() {
    var table = CSVTable(columns: ["token", "note, if any"])
    table.append(["boat", "plain"])
    table.append(["say \"hi\"", "two\nlines"])
    table.append(["", .integer(-3)])
    #expect(
      table.text
        == "token,\"note, if any\"\r\nboat,plain\r\n\"say \"\"hi\"\"\",\"two\nlines\"\r\n,-3\r\n")
  }

  @Test(
    "a Double reads back to the same value",
    arguments: [
      0, -0.0, 0.1, 1.0 / 3, .pi, .leastNonzeroMagnitude, .leastNormalMagnitude,
      .greatestFiniteMagnitude, 1e22,
      -2.5e-7,
    ])
  func doubles(value: Double) throws {
    let text = try cell(.double(value))
    #expect(Double(text)?.bitPattern == value.bitPattern, "\(text)")
  }

  @Test(
    "a Float reads back to the same value, in no more digits than it needs",
    arguments: [0.1, 1.0 / 3, 16_777_216, .leastNonzeroMagnitude, .greatestFiniteMagnitude]
      as [Float])
  func floats(value: Float) throws {
    let text = try cell(.float(value))
    #expect(Float(text) == value && text.count <= 14, "\(text)")
  }

  @Test("what is not finite is written as nan, inf, -inf")
  func notFinite() throws {
    #expect(try cell(.double(.nan)) == "nan" && cell(.float(.nan)) == "nan")
    #expect(try cell(.double(.infinity)) == "inf" && cell(.double(-.infinity)) == "-inf")
  }

  @Test("reading gives back what was written")
  func roundTrip() throws {
    var table = CSVTable(columns: ["a", "b\"b"])
    table.append(["x,y", 0.5])
    table.append(["\r\n\"", 1e-9])
    let read = try #require(CSVTable(text: table.text))
    #expect(read.columns == table.columns && read.text == table.text)
    #expect(read.numbers("b\"b") == [0.5, 1e-9] && read.texts("a") == ["x,y", "\r\n\""])
    #expect(read.numbers("a") == nil && read.numbers("c") == nil)
  }

  @Test(
    "damaged text is refused", arguments: ["", "a,b\r\n1\r\n", "a\r\n\"open", "a,a\r\n1,2\r\n"])
  func damaged(text: String) {
    #expect(CSVTable(text: text) == nil)
  }

  private func cell(_ cell: CSVTable.Cell) throws -> String {
    var table = CSVTable(columns: ["value"])
    table.append([cell])
    return try #require(table.text.split(separator: "\r\n").last.map(String.init))
  }
}
