import Foundation
import Pages
import Records
import Testing

@Suite("Column: declared once, for the file and the page") struct ColumnTests {
  private let rows = [(t: 0, psnr: 20.256, note: "a"), (t: 1, psnr: Double.nan, note: "b, c")]
  private var columns: [Column<(t: Int, psnr: Double, note: String)>] {
    [
      Column("t", \.t).shown(as: "timestep"),
      Column("psnr", \.psnr).shown(as: "PSNR in dB", .decimals(1)),
      Column("missing") { $0.t == 0 ? nil : Float(0.5) },
      Column("note", \.note).shown(as: "note") { .prose("\(code: $0.note)") },
    ]
  }

  @Test("the file has every column, exactly") func file() {
    #expect(
      CSVTable(rows, columns).text
        == "t,psnr,missing,note\r\n0,20.256,,a\r\n1,nan,0.5,\"b, c\"\r\n")
  }

  @Test("the page has those with a heading, rounded, and a dash for no number") func page() throws {
    let html = try Page("Demo", question: "?") {
      Section("Numbers") { Table("All", rows, columns) }
    }.html(
      command: CommandLineText(executable: "demo", arguments: []), provenance: .analytic)
    for part in [
      "<th scope=\"col\">timestep</th>", "<td class=\"number\">20.3</td>",
      "<td class=\"number\">–</td>", "<td><code>b, c</code></td>",
    ] { #expect(html.contains(part), "\(part)") }
    #expect(!html.contains("missing"))
  }

  @Test("pieces make one table with one header row") func pieces() throws {
    let path = NSTemporaryDirectory() + "column-\(UInt32.random(in: 0 ... .max)).csv"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try CSVTable.write(rows.map { CSVTable([$0], columns) }, to: path)
    #expect(
      try String(contentsOfFile: path, encoding: .utf8) == CSVTable(rows, columns).text)
  }
}
