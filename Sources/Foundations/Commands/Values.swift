import ArgumentParser
import Foundation

/// Values of options as a person types them: read strictly, and refused in words.
public enum Values {
  /// A decimal number: `7.5`, `1e-4`, not `0x10`. For an option's `transform`; what is not finite is
  /// left to the option's range.
  /// - Throws: `ValidationError`, to which the parser adds the option and what was found.
  public static func number(_ text: String) throws -> Double {
    guard !text.contains(where: { "xX".contains($0) }), let number = Double(text) else {
      throw ValidationError("expected a number such as 7.5 or 1e-4")
    }
    return number
  }

  /// The same number as a person types it, as short as it reads back: `7.5`, `10`, `1e-6`.
  public static func text(_ number: Double) -> String {
    number == number.rounded() && abs(number) < 1e15
      ? String(Int(number)) : number.description.replacing("e-0", with: "e-")
  }

  /// A file, and what may stand behind the last `=` about it: `style.safetensors=0.8`.
  /// - Parameters:
  ///   - text: what was given.
  ///   - name: what stands there, for the message: `scale`.
  ///   - rest: reads it; nil where it looks like the rest of a path.
  /// - Throws: `ValidationError` where no file is left, or what `rest` throws.
  static func file<Rest>(
    _ text: String, with name: String, _ rest: (String) throws -> Rest?
  ) throws -> (path: String, rest: Rest?) {
    var (path, found) = (text, Rest?.none)
    if let sign = text.lastIndex(of: "="), let read = try rest(String(text[sign...].dropFirst())) {
      (path, found) = (String(text[..<sign]), read)
    }
    guard !path.isEmpty else { throw ValidationError("expected a file, or file=\(name)") }
    return (path, found)
  }

  /// The items of a list with commas between them, without the spaces around them.
  /// - Parameters:
  ///   - option: its spelling, for the message: `--words`.
  ///   - text: what was given.
  ///   - example: a list as it should be, for the message.
  /// - Throws: `ValidationError`, which names the option, where an item is empty.
  public static func list(
    _ option: String, _ text: String, like example: String
  ) throws -> [String] {
    let items = text.split(separator: ",", omittingEmptySubsequences: false).map {
      $0.trimmingCharacters(in: .whitespaces)
    }
    guard !items.contains("") else {
      throw ValidationError("\(option): expected a list such as \(example), found '\(text)'")
    }
    return items
  }

  /// The whole numbers of a list, each as often as it is named. Digits only, no zero before others: in
  /// `1,000` somebody meant a thousand.
  /// - Parameters:
  ///   - option: its spelling, for the message: `--steps`.
  ///   - text: what was given.
  ///   - example: a list as it should be, for the message.
  /// - Throws: `ValidationError`, which names the option.
  public static func wholeNumbers(
    _ option: String, _ text: String, like example: String
  ) throws -> [Int] {
    try list(option, text, like: example).map { item in
      guard let number = Int(item), String(number) == item else {
        throw ValidationError("\(option): expected a list such as \(example), found '\(text)'")
      }
      return number
    }
  }
}
