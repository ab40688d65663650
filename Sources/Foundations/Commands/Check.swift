import ArgumentParser

/// Checks of option values, before any work: each ends in one line that names the option, what was
/// expected and what was found. For `validate()`.
public enum Check {
  /// - Throws: `ValidationError` unless `value` is in `range`.
  public static func range(_ option: String, _ value: Int, _ range: ClosedRange<Int>) throws {
    guard range.contains(value) else {
      throw ValidationError(
        "\(option): expected a whole number from \(range.lowerBound) to \(range.upperBound), "
          + "found \(value)")
    }
  }

  /// - Throws: `ValidationError` unless `value` is a number in `range`; NaN is in none.
  public static func range(
    _ option: String, _ value: Double, _ range: ClosedRange<Double>
  ) throws {
    guard range.contains(value) else {
      throw ValidationError(
        "\(option): expected a number from \(shortest(range.lowerBound)) to "
          + "\(shortest(range.upperBound)), found \(shortest(value))")
    }
  }

  /// - Throws: `ValidationError` unless `value` is one of `names`.
  public static func name(_ option: String, _ value: String, oneOf names: [String]) throws {
    guard names.contains(value) else {
      throw ValidationError(
        "\(option): expected one of \(names.joined(separator: ", ")), found '\(value)'")
    }
  }

  /// - Throws: `ValidationError` for an empty path, as a shell variable that is not set leaves it.
  public static func path(_ option: String, _ value: String?) throws {
    if value?.isEmpty == true { throw ValidationError("\(option): expected a path, found nothing") }
  }

  private static func shortest(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e15 ? String(Int(value)) : value.description
  }
}
