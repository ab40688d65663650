import Foundation
import Records
import TestSupport
import Testing

@Suite("A table that is read back") struct TableFileTests {
  private func table(_ text: String) throws -> TableFile {
    try withTemporaryFolder { folder in
      let path = folder.appendingPathComponent("scores.csv").path
      try text.write(toFile: path, atomically: true, encoding: .utf8)
      return try TableFile(path, expecting: "a table of scores")
    }
  }

  @Test("gives the columns that were written") func columns() throws {
    let table = try table("name,score\r\n\"a, b\",1.5\r\nc,inf\r\n")
    #expect(table.rows == 0..<2)
    #expect(try table.texts("name") == ["a, b", "c"])
    #expect(try table.numbers("score", allowing: \.isInfinite) == [1.5, .infinity])
  }

  @Test(
    "says which file and which column is wrong",
    arguments: [
      ("name,score\r\nc,\"1\r\n", "a table of scores, with a header"),
      ("name,score\r\nc,high\r\n", "numbers in a column 'score'"),
      ("name,score\r\nc,inf\r\n", "numbers in a column 'score'"),
      ("name,score\r\nc,1e20\r\n", "numbers in a column 'score'"),
      ("name\r\nc\r\n", "numbers in a column 'score'"),
    ])
  func mistakes(text: String, expected: String) throws {
    let error = #expect(throws: TableError.self) { try table(text).numbers("score") }
    #expect(error?.description.hasSuffix("scores.csv: expected \(expected)") == true)
    #expect(error?.exitStatus == .badData)
  }
}
