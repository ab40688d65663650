import Foundation

/// How a page writes a number. Exact values are in the CSV files; a page rounds for the eye.
public enum NumberFormat: Sendable, Equatable {
  /// Four significant digits; powers of ten outside 10⁻⁴ … 10⁶. A series that stays within four
  /// decades keeps the same number of decimals throughout.
  case automatic
  /// No digits after the point, rounded.
  case integer
  /// So many digits after the point.
  case decimals(Int)
  /// So many significant digits and a power of ten.
  case scientific(Int)
  /// A percentage with so many decimals; 1 is 100 %.
  case percent(Int)

  /// The number as a reader sees it: with a true minus sign, and `NaN`, `∞` or `−∞` where it is not
  /// finite.
  public func text(_ value: Double) -> String {
    guard value.isFinite else { return value.isNaN ? "NaN" : value < 0 ? "−∞" : "∞" }
    switch self {
    case .integer: return Self.fixed(value, 0)
    case .decimals(let count): return Self.fixed(value, count)
    case .percent(let count): return Self.fixed(value * 100, count) + "\u{202F}%"
    case .scientific(let digits): return Self.power(value, digits)
    case .automatic:
      let size = abs(value)
      if size == 0 { return "0" }
      if size < 1e-4 || size >= 1e6 { return Self.power(value, 4) }
      if value == value.rounded() { return Self.fixed(value, 0) }
      return Self.fixed(value, Self.decimals(for: size))
    }
  }

  /// One format for all of `values`, so that a number keeps its shape while it changes.
  func resolved(for values: [Double]) -> NumberFormat {
    guard self == .automatic else { return self }
    let finite = values.filter(\.isFinite)
    if finite.allSatisfy({ $0 == $0.rounded() && abs($0) < 1e6 }) { return .integer }
    let sizes = finite.map(abs).filter { $0 > 0 }
    guard let largest = sizes.max(), let smallest = sizes.min() else { return .integer }
    if largest >= 1e6 || largest < 1e-3 { return .scientific(4) }
    // What is small beside the largest may read as zero; small on its own, it may not.
    guard smallest >= 1e-5 else { return .automatic }
    return .decimals(min(max(Self.decimals(for: smallest) - 1, Self.decimals(for: largest)), 6))
  }

  /// The decimals that show four significant digits of a number of this size.
  private static func decimals(for size: Double) -> Int {
    min(max(3 - Int(log10(size).rounded(.down)), 0), 8)
  }

  private static func fixed(_ value: Double, _ decimals: Int) -> String {
    let text = String(format: "%.\(decimals)f", value)
    guard text.hasPrefix("-") else { return text }
    let digits = text.dropFirst()
    return digits.contains { ("1"..."9").contains($0) } ? "−" + digits : String(digits)
  }

  private static func power(_ value: Double, _ digits: Int) -> String {
    if value == 0 { return "0" }
    let parts = String(format: "%.\(max(digits - 1, 0))e", value).split(separator: "e")
    guard parts.count == 2, let exponent = Int(parts[1]) else { return value.description }
    let superscripts = Array("⁰¹²³⁴⁵⁶⁷⁸⁹")
    let raised = String(exponent).map { $0 == "-" ? "⁻" : superscripts[$0.wholeNumberValue ?? 0] }
    return parts[0].replacingOccurrences(of: "-", with: "−") + "\u{202F}×\u{202F}10"
      + String(raised)
  }
}
