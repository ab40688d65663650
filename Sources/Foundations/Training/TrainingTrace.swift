import Checkpoints
import Records
import Tensors

/// What was measured at each step of a run.
public struct TrainingTrace: Sendable {
  /// What a step measures, in order.
  public let columns: [String]
  /// One row per step; NaN where a step has no such number.
  public private(set) var rows: [[Float]] = []

  /// A trace of no steps yet.
  public init(columns: [String]) { self.columns = columns }

  /// Adds a step's numbers, rounded to single precision.
  /// - Precondition: one for each column.
  public mutating func append(_ values: [Double]) {
    precondition(values.count == columns.count, "\(values.count) values for \(columns)")
    rows.append(values.map { Float($0) })
  }

  /// The numbers of one column with the steps that have one, counted from 0.
  public func series(_ column: String) -> [(step: Int, value: Double)] {
    guard let index = columns.firstIndex(of: column) else { return [] }
    return rows.enumerated().compactMap { step, row in
      row[index].isNaN ? nil : (step, Double(row[index]))
    }
  }

  /// The means of one column over at most `points` equal stretches: what a chart can show.
  public func smoothed(_ column: String, points: Int = 200) -> [(step: Double, value: Double)] {
    let stretch = max(1, (rows.count + points - 1) / points)
    let groups = Dictionary(grouping: series(column)) { $0.step / stretch }
    return groups.sorted { $0.key < $1.key }.map { _, members in
      let n = Double(members.count)
      return (
        members.reduce(0) { $0 + Double($1.step) } / n, members.reduce(0) { $0 + $1.value } / n
      )
    }
  }

  /// As `trace.csv`: the step, then the columns.
  public var table: CSVTable {
    var table = CSVTable(columns: ["step"] + columns)
    for (step, row) in rows.enumerated() {
      table.append(
        [.integer(step)] + row.map { $0.isNaN ? .text("") : .double(Double($0)) })
    }
    return table
  }
}

extension TrainingTrace {
  var tensors: [String: Tensor] {
    ["trace": Tensor([rows.count, columns.count], rows.flatMap { $0 })]
  }

  init(columns: [String], from source: some WeightSource) throws {
    self.init(columns: columns)
    rows = try source.rows(named: "trace", width: columns.count)
  }
}

extension WeightSource {
  /// The rows of a saved table.
  /// - Throws: `CheckpointError` where the tensor is missing or has another width.
  package func rows(named name: String, width: Int) throws -> [[Float]] {
    let table = try tensor(named: name)
    guard table.rank == 2, table.shape[1] == width else {
      throw CheckpointError.shapeMismatch(
        file: origin, name: name, expected: [table.shape.first ?? 0, width], actual: table.shape)
    }
    let values = table.elements
    return (0..<table.shape[0]).map { Array(values[$0 * width..<($0 + 1) * width]) }
  }
}
