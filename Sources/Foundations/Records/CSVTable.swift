import Foundation

/// A table of numbers and names as RFC 4180 writes it: a header row, CRLF after every row, quotes
/// only where a cell needs them.
///
/// Floating-point cells are the shortest text that reads back to the same value. What is not finite
/// is written `nan`, `inf` and `-inf`, as Python, NumPy, pandas and C read them.
public struct CSVTable: Sendable, Equatable {
  /// One cell: a name or a number.
  public enum Cell: Sendable, Equatable {
    /// A name, or a number as it was read back.
    case text(String)
    /// A whole number: a timestep, a count.
    case integer(Int)
    /// In double precision: the shortest text that reads back to the same `Double`.
    case double(Double)
    /// In single precision: the shortest text that reads back to the same `Float`.
    case float(Float)

    var text: String {
      switch self {
      case .text(let text): text
      case .integer(let value): String(value)
      case .double(let value): value.description
      case .float(let value): value.description
      }
    }
  }

  /// The header row.
  public let columns: [String]
  /// One cell for each column in every row.
  public private(set) var rows: [[Cell]] = []

  /// - Precondition: at least one column, no name twice.
  public init(columns: [String]) {
    precondition(!columns.isEmpty, "a table needs a column")
    precondition(Set(columns).count == columns.count, "a column name twice in \(columns)")
    self.columns = columns
  }

  /// - Precondition: one cell for each column.
  public mutating func append(_ cells: [Cell]) {
    precondition(
      cells.count == columns.count, "\(cells.count) cells for \(columns.count) columns: \(columns)")
    rows.append(cells)
  }

  /// The file's contents.
  public var text: String {
    var text = ""
    for row in [columns.map(Cell.text)] + rows {
      text += row.map { Self.quoted($0.text) }.joined(separator: ",") + "\r\n"
    }
    return text
  }

  private static func quoted(_ cell: String) -> String {
    let special: (UInt8) -> Bool = { $0 == 0x2C || $0 == 0x22 || $0 == 0x0A || $0 == 0x0D }
    guard cell.utf8.contains(where: special) else { return cell }
    return "\"" + cell.replacingOccurrences(of: "\"", with: "\"\"") + "\""
  }
}

extension CSVTable.Cell: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByFloatLiteral
{
  /// A cell of text.
  public init(stringLiteral value: String) { self = .text(value) }
  /// A cell with an integer.
  public init(integerLiteral value: Int) { self = .integer(value) }
  /// A cell with a number in double precision.
  public init(floatLiteral value: Double) { self = .double(value) }
}

// MARK: - Reading back

extension CSVTable {
  /// Reads RFC 4180 text; every cell comes back as text.
  /// - Returns: nil when a quote is left open, a row has the wrong number of cells, or there is no
  ///   usable header.
  public init?(text: String) {
    guard var rows = Self.split(text), !rows.isEmpty else { return nil }
    let header = rows.removeFirst()
    guard Set(header).count == header.count, rows.allSatisfy({ $0.count == header.count }) else {
      return nil
    }
    self.init(columns: header)
    self.rows = rows.map { $0.map(Cell.text) }
  }

  /// One column as numbers; nil when there is no such column or a cell is no number.
  public func numbers(_ column: String) -> [Double]? {
    guard let index = columns.firstIndex(of: column) else { return nil }
    var numbers: [Double] = []
    for row in rows {
      guard let number = Double(row[index].text) else { return nil }
      numbers.append(number)
    }
    return numbers
  }

  /// One column as it is written; nil when there is no such column.
  public func texts(_ column: String) -> [String]? {
    columns.firstIndex(of: column).map { index in rows.map { $0[index].text } }
  }

  private static func split(_ text: String) -> [[String]]? {
    var rows: [[String]] = []
    var row: [String] = []
    var cell = String.UnicodeScalarView()
    var quoted = false
    var scalars = text.unicodeScalars.makeIterator()
    var next = scalars.next()
    func finishCell() {
      row.append(String(cell))
      cell = .init()
    }
    while let scalar = next {
      next = scalars.next()
      switch scalar {
      case "\"" where quoted && next == "\"":
        cell.append("\"")
        next = scalars.next()
      case "\"": quoted.toggle()
      case "," where !quoted: finishCell()
      case "\r" where !quoted && next == "\n": continue
      case "\n" where !quoted:
        finishCell()
        rows.append(row)
        row = []
      default: cell.append(scalar)
      }
    }
    guard !quoted else { return nil }
    if !row.isEmpty || !cell.isEmpty {
      finishCell()
      rows.append(row)
    }
    return rows
  }
}
