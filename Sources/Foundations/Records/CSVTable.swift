import Diagnostics
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
  public var text: String { Self.line(columns) + body }

  private var body: String { rows.map { Self.line($0.map(\.text)) }.joined() }

  private static func line(_ cells: [String]) -> String {
    cells.map(quoted).joined(separator: ",") + "\r\n"
  }

  /// Writes tables of the same columns as one, each as soon as it is there.
  /// - Throws: `FileError.notWritable`.
  public static func write(_ pieces: some Sequence<CSVTable>, to path: String) throws {
    guard FileManager.default.createFile(atPath: path, contents: nil),
      let file = FileHandle(forWritingAtPath: path)
    else { throw FileError.notWritable(path: path, reason: lastSystemError()) }
    defer { try? file.close() }
    var isFirst = true
    for piece in pieces {
      do {
        try file.write(contentsOf: Data((isFirst ? piece.text : piece.body).utf8))
      } catch { throw FileError.notWritable(path: path, reason: lastSystemError()) }
      isFirst = false
    }
  }

  private static func quoted(_ cell: String) -> String {
    let special: (UInt8) -> Bool = { $0 == 0x2C || $0 == 0x22 || $0 == 0x0A || $0 == 0x0D }
    guard cell.utf8.contains(where: special) else { return cell }
    return "\"" + cell.replacingOccurrences(of: "\"", with: "\"\"") + "\""
  }
}

/// What stands in one cell of a table.
public protocol CSVValue {
  /// As the file holds it.
  var cell: CSVTable.Cell { get }
}

extension Int: CSVValue {
  /// A whole number.
  public var cell: CSVTable.Cell { .integer(self) }
}

extension Double: CSVValue {
  /// A number in double precision.
  public var cell: CSVTable.Cell { .double(self) }
}

extension Float: CSVValue {
  /// A number in single precision.
  public var cell: CSVTable.Cell { .float(self) }
}

extension String: CSVValue {
  /// A name.
  public var cell: CSVTable.Cell { .text(self) }
}

extension Optional: CSVValue where Wrapped: CSVValue {
  /// Nothing where there is nothing.
  public var cell: CSVTable.Cell { self?.cell ?? .text("") }
}

extension CSVTable.Cell: CSVValue {
  /// The cell itself.
  public var cell: Self { self }

  /// A timestep, 0-based: some samplers stop between two, and are written with their fraction.
  public static func timestep(_ t: Double) -> Self {
    t == t.rounded() ? .integer(Int(t)) : .double(t)
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
