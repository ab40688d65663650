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
        "\(option): expected a number from \(Values.text(range.lowerBound)) to "
          + "\(Values.text(range.upperBound)), found \(Values.text(value))")
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

  /// - Parameters:
  ///   - company: what the options do nothing without, as a person would type it: "--trajectory".
  ///   - isThere: whether it is.
  ///   - options: each with whether it was given.
  /// - Throws: `ValidationError` for the first that was given without its company.
  public static func together(
    with company: String, _ isThere: Bool, _ options: (name: String, isGiven: Bool)...
  ) throws {
    guard !isThere, let option = options.first(where: \.isGiven)?.name else { return }
    throw ValidationError("\(option): expected together with \(company), found without it")
  }
}
