import Foundation
import Records

/// A notebook's commands and the numbers that it shows.
///
/// - A `sh` block holds commands; those that run an inspector are run. A line goes on after a
///   backslash, and ends before ` # `.
/// - A `csv FILE` block after a command shows part of a file of its run: a header and rows. Each row
///   must be in the file, as far as its digits go; `…` stands for cells that are left out.
/// - `NUMBER<!-- FILE COLUMN where COLUMN=VALUE -->` in the text shows one cell; with
///   `<!-- FILE COLUMN max < BOUND -->` the whole column is held to a bound.
struct Notebook: Sendable {
  struct Run: Sendable {
    let command: String
    let arguments: [String]
    /// What stands after `#`.
    var comment = ""
    var tables: [(file: String, text: String)] = []
    var claims: [Claim] = []
  }

  struct Claim: Sendable {
    let shown: String
    let check: [String]
  }

  let name: String
  let runs: [Run]

  init(name: String, text: String) {
    self.name = name
    var runs: [Run] = []
    var (block, lines): (info: String?, [Substring]) = (nil, [])
    for indented in text.split(separator: "\n", omittingEmptySubsequences: false) {
      let line = indented.drop { $0 == " " }
      guard line.hasPrefix("```") else {
        if block == nil { Self.addClaims(of: line, to: &runs) } else { lines.append(line) }
        continue
      }
      if let info = block {
        Self.add(info, lines, to: &runs)
        (block, lines) = (nil, [])
      } else {
        block = String(line.dropFirst(3))
      }
    }
    self.runs = runs
  }

  private static func add(_ info: String, _ lines: [Substring], to runs: inout [Run]) {
    if info == "sh" {
      runs += commandLines(lines).compactMap(run)
    } else if info.hasPrefix("csv "), let last = runs.indices.last {
      runs[last].tables.append((String(info.dropFirst(4)), lines.joined(separator: "\n")))
    }
  }

  /// Lines that end in a backslash go on in the next one.
  private static func commandLines(_ lines: [Substring]) -> [String] {
    lines.reduce(into: [""]) { whole, line in
      let goesOn = line.hasSuffix("\\")
      whole[whole.count - 1] += goesOn ? String(line.dropLast()) + " " : String(line)
      if !goesOn { whole.append("") }
    }
  }

  /// `swift run -c release NAME ARGUMENTS # COMMENT`; anything else is for the reader alone.
  private static func run(_ line: String) -> Run? {
    let parts = line.split(separator: " # ", maxSplits: 1).map(String.init)
    let words = (parts.first ?? "").split(separator: " ").map(String.init)
    guard words.starts(with: ["swift", "run", "-c", "release"]), words.count > 4 else { return nil }
    return Run(
      command: words[4], arguments: unquoted(words.dropFirst(5).joined(separator: " ")),
      comment: parts.count > 1 ? parts[1] : "")
  }

  /// The words of a command line with double quotes.
  private static func unquoted(_ line: String) -> [String] {
    line.split(separator: "\"", omittingEmptySubsequences: false).enumerated().flatMap {
      index, part in
      index % 2 == 1 ? [String(part)] : part.split(separator: " ").map(String.init)
    }
  }

  private static func addClaims(of line: Substring, to runs: inout [Run]) {
    guard let last = runs.indices.last else { return }
    for match in line.matches(of: /([-−0-9.eE×⁰¹²³⁴⁵⁶⁷⁸⁹\u{00B7}]*)\s*<!--\s*(.*?)\s*-->/) {
      let words = match.2.split(whereSeparator: { " =".contains($0) }).map(String.init)
      runs[last].claims.append(Claim(shown: String(match.1), check: words))
    }
  }
}

/// Comparing what a notebook shows with what a run wrote.
enum Shown {
  /// Whether a number, rounded as it is shown, is this one.
  static func matches(_ shown: String, _ actual: String) -> Bool {
    if shown == "…" || shown == actual { return true }
    guard let value = Double(actual), let claimed = Double(shown) else { return false }
    let mantissa = shown.split(whereSeparator: { "eE".contains($0) })
    let decimals = mantissa.first?.split(separator: ".").dropFirst().first?.count ?? 0
    let exponent = mantissa.count > 1 ? Double(mantissa[1]) ?? 0 : 0
    return abs(value - claimed) <= 0.5001 * pow(10, exponent - Double(decimals))
  }

  /// What is wrong with a shown part of a table; nil when every row of it is in the file.
  static func problem(of shown: String, in actual: CSVTable) -> String? {
    let lines = shown.split(separator: "\n").map {
      $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
    guard let header = lines.first else { return "an empty table" }
    let columns = header.filter { $0 != "…" }
    guard
      let cells = columns.reduce(
        [[String]]?.some([]),
        { all, name in
          all.flatMap { all in actual.texts(name).map { all + [$0] } }
        })
    else { return "columns \(columns), the file has \(actual.columns)" }
    for line in lines.dropFirst() where line != ["…"] {
      let wanted = zip(header, line).filter { $0.0 != "…" }.map(\.1)
      let found = actual.rows.indices.contains { row in
        zip(wanted, cells).allSatisfy { matches($0, $1[row]) }
      }
      if !found { return "no row \(line.joined(separator: ","))" }
    }
    return nil
  }

  /// What is wrong with a claim in the text; nil when it holds.
  static func problem(of claim: Notebook.Claim, in table: (String) throws -> CSVTable) throws
    -> String?
  {
    let words = claim.check
    guard words.count == 5 else { return "cannot read the check \(words)" }
    let table = try table(words[0])
    if words[2] == "max", words[3] == "<", let bound = Double(words[4]) {
      let largest = table.numbers(words[1])?.max() ?? .infinity
      return largest < bound ? nil : "\(words[1]) reaches \(largest), not below \(bound)"
    }
    guard let values = table.texts(words[1]), let keys = table.texts(words[3]),
      let row = keys.firstIndex(of: words[4])
    else { return "no \(words[1]) where \(words[3]) is \(words[4])" }
    return matches(claim.shown, values[row])
      ? nil : "shows \(claim.shown), the run gave \(values[row])"
  }
}
