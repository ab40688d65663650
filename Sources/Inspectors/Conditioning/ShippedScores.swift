import Commands
import Records

extension ConditioningScore {
  /// What the bundled models were measured at: fixtures/conditioning/evaluation.csv.
  /// - Throws: `ShippedFileError`, `FileError` or `TableError`.
  static func shipped() throws -> [ConditioningScore] {
    let table = try TableFile(
      Shipped.path("fixtures/conditioning/evaluation.csv"), expecting: "a table of measures")
    let (ways, measures, units) = try (
      table.texts("condition"), table.texts("measure"), table.texts("unit")
    )
    let (values, names, bases) = try (
      table.numbers("value"), table.texts("baseline"), table.numbers("baseline_value")
    )
    let truths = try table.numbers("truth_value", allowing: \.isNaN)
    let counts = try table.numbers("count")
    return table.rows.compactMap { row in
      Way(rawValue: ways[row]).map { way in
        ConditioningScore(
          way: way, measure: measures[row], unit: units[row], value: values[row],
          baseline: names[row], baselineValue: bases[row],
          truth: truths[row].isNaN ? nil : truths[row], count: Int(counts[row]))
      }
    }
  }
}
