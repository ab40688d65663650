import Diagnostics
import Foundation

/// A table that an earlier run or the bundled data left, read back: what is asked of it is there, or
/// the error names the file and the column.
public struct TableFile: Sendable {
  /// Where it lies.
  public let path: String
  private let table: CSVTable
  /// More digits than an integer holds exactly are a fault of the file.
  private static let largest = 1e15

  /// Reads the file.
  /// - Parameters:
  ///   - path: the file.
  ///   - expected: what it holds, in words, for the error ("a table of models").
  /// - Throws: `FileError`, or `TableError` for what is no table.
  public init(_ path: String, expecting expected: String) throws {
    self.path = path
    let data = try readInput(path, expecting: expected, limit: 4 << 20)
    guard let table = CSVTable(text: String(decoding: data, as: UTF8.self)) else {
      throw TableError(file: path, expected: "\(expected), with a header")
    }
    self.table = table
  }

  /// The numbers of the rows.
  public var rows: Range<Int> { table.rows.indices }

  /// Numbers that an integer holds as well.
  /// - Parameters:
  ///   - column: its name.
  ///   - allowing: numbers that may stand there besides: infinity, or nan for nothing.
  /// - Throws: `TableError`.
  public func numbers(
    _ column: String, allowing: (Double) -> Bool = { _ in false }
  ) throws -> [Double] {
    guard let numbers = table.numbers(column),
      numbers.allSatisfy({ abs($0) < Self.largest || allowing($0) })
    else { throw TableError(file: path, expected: "numbers in a column '\(column)'") }
    return numbers
  }

  /// What a column says.
  /// - Throws: `TableError`.
  public func texts(_ column: String) throws -> [String] {
    guard let texts = table.texts(column) else {
      throw TableError(file: path, expected: "a column '\(column)'")
    }
    return texts
  }
}

/// A file that does not hold the table that it should.
public struct TableError: PersonFacingError, Equatable {
  private let file: String
  private let expected: String

  /// - Parameters:
  ///   - file: its path.
  ///   - expected: what should stand there, in words.
  public init(file: String, expected: String) { (self.file, self.expected) = (file, expected) }

  /// Bad data.
  public var exitStatus: ExitStatus { .badData }

  /// One line that names the file.
  public var description: String { "\(file): expected \(expected)" }
}
