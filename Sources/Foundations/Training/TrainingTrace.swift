import Checkpoints
import Tensors
import Tracing

/// What was measured at each step of a run.
public struct TrainingTrace: Sendable {
  public let columns: [String]
  /// One row per step; NaN where a step has no such number.
  public private(set) var rows: [[Float]] = []

  public init(columns: [String]) { self.columns = columns }

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
    let tensor = try source.tensor(named: "trace")
    guard tensor.rank == 2, tensor.shape[1] == columns.count else {
      throw CheckpointError.shapeMismatch(
        file: source.origin, name: "trace", expected: [tensor.shape.first ?? 0, columns.count],
        actual: tensor.shape)
    }
    let values = tensor.elements
    rows = (0..<tensor.shape[0]).map {
      Array(values[$0 * columns.count..<($0 + 1) * columns.count])
    }
  }
}
