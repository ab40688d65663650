import Records

/// One column of a table, declared once: the file has it under `name`, and where it has a heading the
/// page and the terminal show it too.
///
///     let columns: [Column<Step>] = [
///       Column("t", \.t), Column("psnr", \.psnr).shown(as: "PSNR in dB", .decimals(2)),
///     ]
public struct Column<Row> {
  /// In the file's header row.
  public let name: String
  let cell: (Row) -> CSVTable.Cell
  private(set) var heading: Prose?
  private(set) var shown: (Row) -> Table.Cell

  /// A column that only the file has.
  public init(_ name: String, _ value: @escaping (Row) -> some CSVValue) {
    self.name = name
    cell = { value($0).cell }
    shown = { _ in .none }
  }

  /// The column with a heading: numbers in `format`, words as they are, and a dash where there is no
  /// number.
  public func shown(as heading: Prose, _ format: NumberFormat = .automatic) -> Self {
    let cell = cell
    return shown(as: heading) { row in
      switch cell(row) {
      case .text(let text): .prose(Prose(text))
      case .integer(let value): .number(Double(value), format == .automatic ? .integer : format)
      case .double(let value): value.isNaN ? .none : .number(value, format)
      case .float(let value): value.isNaN ? .none : .number(Double(value), format)
      }
    }
  }

  /// The column with a heading, and what stands under it in a way of its own.
  public func shown(as heading: Prose, _ cell: @escaping (Row) -> Table.Cell) -> Self {
    var column = self
    (column.heading, column.shown) = (heading, cell)
    return column
  }
}

extension CSVTable {
  /// A row for each element of `rows`, a cell for each of `columns`.
  /// - Precondition: at least one column, no name twice.
  public init<Row>(_ rows: some Sequence<Row>, _ columns: [Column<Row>]) {
    self.init(columns: columns.map(\.name))
    for row in rows { append(columns.map { $0.cell(row) }) }
  }
}

extension Table {
  /// Those of `columns` that have a heading, with a row for each element of `rows`.
  /// - Precondition: with `follows`, one row for each position.
  public init<Row>(
    _ title: Prose, _ rows: some Sequence<Row>, _ columns: [Column<Row>], follows axis: Axis? = nil
  ) {
    let columns = columns.filter { $0.heading != nil }
    self.init(
      title, columns: columns.compactMap(\.heading),
      rows: rows.map { row in columns.map { $0.shown(row) } }, follows: axis)
  }
}
