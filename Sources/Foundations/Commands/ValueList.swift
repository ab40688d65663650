import ArgumentParser
import Foundation

/// What was given to an option that takes one value or several of them.
public struct ValueList<Value: Equatable & Sendable>: Sendable, Equatable {
  /// In the order in which they were named, each once; at least one.
  public let values: [Value]

  /// Some values, at least one.
  public init(_ values: [Value]) {
    precondition(!values.isEmpty, "a list of no values")
    self.values = values
  }

  /// The first, which is all there is where nobody named several.
  public var first: Value { values[0] }
}

/// How a manifest notes it: one value as if there were no lists.
protocol ValueListReading { var reading: Any { get } }

extension ValueList: ValueListReading {
  var reading: Any { values.count == 1 ? values[0] : values }
}

extension Values {
  /// How many values a list may have, and how many pictures two of them may make.
  public static let most = 64

  /// Whole numbers with commas between them, and ranges: `3`, `1-8`, `1,5,10-12`. For an option's
  /// `transform`.
  /// - Throws: `ValidationError`, which names the item, and to which the parser adds the option.
  public static func seeds(_ text: String) throws -> ValueList<UInt64> {
    try several(text, "a whole number, or several such as 1-8 or 1,5,9") { item in
      let ends = item.split(separator: "-", omittingEmptySubsequences: false).map { UInt64($0) }
      let numbers = ends.compactMap(\.self)
      guard numbers.count == ends.count, !item.contains("+") else { return nil }
      if numbers.count == 1 { return numbers }
      guard numbers.count == 2, numbers[0] <= numbers[1] else { return nil }
      guard numbers[1] - numbers[0] < Self.most else { throw tooMany(item) }
      return Array(numbers[0]...numbers[1])
    }
  }

  /// Decimal numbers with commas between them: `7.5`, `1,3,7.5`. For an option's `transform`.
  /// - Throws: `ValidationError`, which names the item, and to which the parser adds the option.
  public static func numbers(_ text: String) throws -> ValueList<Double> {
    try several(text, "a number such as 7.5, or several such as 1,3,7.5") { item in
      (try? number(item)).map { [$0] }
    }
  }

  /// - Parameters:
  ///   - expected: what a list should be, in words.
  ///   - read: the values of an item; nil where it is none.
  static func several<Value>(
    _ text: String, _ expected: String, _ read: (String) throws -> [Value]?
  ) throws -> ValueList<Value> {
    var values: [Value] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let item = part.trimmingCharacters(in: .whitespaces)
      guard let more = try read(item) else {
        throw ValidationError("expected \(expected), found '\(item)'")
      }
      for value in more {
        guard !values.contains(value) else {
          throw ValidationError("expected each value once, found '\(item)' again")
        }
        values.append(value)
      }
      guard values.count <= most else { throw tooMany(text) }
    }
    return ValueList(values)
  }

  private static func tooMany(_ text: String) -> ValidationError {
    ValidationError("expected at most \(most) values, found more in '\(text)'")
  }
}
