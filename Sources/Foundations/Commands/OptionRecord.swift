import ArgumentParser
import Records

/// The options of a parsed command as settings for the manifest: all of them, whatever the command
/// does with them.
enum OptionRecord {
  /// Every option, flag and argument by its name without dashes; nil ones are `.none`.
  static func settings(of arguments: some ParsableArguments) -> [String: Manifest.Setting] {
    var settings: [String: Manifest.Setting] = [:]
    for child in Mirror(reflecting: arguments).children {
      guard let label = child.label else { continue }
      if let group = child.value as? any OptionGroupReading {
        settings.merge(group.settings) { first, _ in first }
      } else if let option = child.value as? any OptionReading {
        settings[dashed(label)] = setting(option.reading)
      }
    }
    return settings
  }

  /// `_guidanceScale` is `guidance-scale`.
  private static func dashed(_ label: String) -> String {
    label.drop { $0 == "_" }.reduce(into: "") { name, letter in
      name += letter.isUppercase ? "-" + letter.lowercased() : String(letter)
    }
  }

  static func setting(_ value: Any) -> Manifest.Setting {
    switch value {
    case let list as any ValueListReading: return setting(list.reading)
    case let flag as Bool: return .flag(flag)
    // JSON does not tell 3.0 from 3: what is read back is what was written.
    case let number as any BinaryFloatingPoint:
      let double = Double(number)
      return Int(exactly: double).map { .whole($0) } ?? .number(double)
    case let number as any BinaryInteger:
      return Int(exactly: number).map { .whole($0) } ?? .text("\(number)")
    case let text as String: return .text(text)
    case let value as any RawRepresentable<String>: return .text(value.rawValue)
    default: break
    }
    let mirror = Mirror(reflecting: value)
    switch mirror.displayStyle {
    case .optional: return mirror.children.first.map { setting($0.value) } ?? .none
    case .collection, .set: return .list(mirror.children.map { setting($0.value) })
    default: return .text(String(describing: value))
    }
  }
}

private protocol OptionReading { var reading: Any { get } }
private protocol OptionGroupReading { var settings: [String: Manifest.Setting] { get } }

extension Option: OptionReading { fileprivate var reading: Any { wrappedValue } }
extension Flag: OptionReading { fileprivate var reading: Any { wrappedValue } }
extension Argument: OptionReading { fileprivate var reading: Any { wrappedValue } }
extension OptionGroup: OptionGroupReading {
  fileprivate var settings: [String: Manifest.Setting] { OptionRecord.settings(of: wrappedValue) }
}
