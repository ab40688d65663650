import Checkpoints
import JSON

/// The settings that fix an architecture, as a model folder states them.
///
/// Reading is strict: a setting that would change the result and is not carried out here is refused
/// with its name, never ignored.
public protocol NetworkConfiguration: Sendable, Equatable {
  /// The model class as diffusers or transformers name it.
  static var className: String { get }

  /// Reads a `config.json`.
  /// - Throws: `JSONError.unexpected` or `.unknownModelClass`.
  init(_ node: JSONNode) throws

  /// The `config.json` that says the same.
  var json: JSONValue { get }

  /// Checks that the settings fit together, so that a network can be built from them.
  /// - Parameter file: named in the error.
  /// - Throws: `JSONError.unexpected`.
  func validate(file: String) throws
}

extension NetworkConfiguration {
  func validate() throws { try validate(file: "\(Self.className) configuration") }

  static func require(
    _ condition: Bool, _ key: String, _ expected: String, _ found: @autoclosure () -> String,
    _ file: String
  ) throws {
    guard condition else {
      throw JSONError.unexpected(
        file: file, key: key, expected: expected, found: found())
    }
  }
}

/// Reads the settings of one `config.json` and keeps count of those it has dealt with.
struct SettingsReader {
  /// More than any network has; small enough that products of extents cannot overflow.
  static let mostChannels = 1 << 16
  static let mostLayers = 1 << 10

  private let node: JSONNode
  private let members: [String: JSONNode]
  private var seen: Set<String> = []

  init(_ node: JSONNode, className: String, classKey: String = "_class_name") throws {
    self.node = node
    members = try node.members()
    if let name = try find(classKey)?.string(), name != className {
      throw CheckpointError.unknownModelClass(
        file: node.file, name: name, expected: [className])
    }
  }

  var file: String { node.file }

  /// Whether the key is there, be it with the value null.
  func states(_ key: String) -> Bool { members[key] != nil }

  /// The setting, or nil where it is absent or null.
  mutating func find(_ key: String) throws -> JSONNode? {
    seen.insert(key)
    return try node.find(key)
  }

  mutating func flag(_ key: String) throws -> Bool? { try find(key)?.bool() }
  mutating func number(_ key: String) throws -> Double? { try find(key)?.number() }

  mutating func integer(_ key: String, in range: ClosedRange<Int>) throws -> Int? {
    try find(key)?.integer(in: range)
  }

  /// A number of channels, entries or groups: at least 1.
  mutating func channels(_ key: String) throws -> Int? {
    try integer(key, in: 1...Self.mostChannels)
  }

  mutating func list(_ key: String) throws -> [Int]? {
    try find(key)?.integers(in: 1...Self.mostChannels)
  }

  /// A small positive number.
  mutating func epsilon(_ key: String) throws -> Double? {
    guard let setting = try find(key) else { return nil }
    let value = try setting.number()
    guard value > 0, value < 1 else {
      throw setting.failure(expected: "a number between 0 and 1")
    }
    return value
  }

  /// One number for all levels, or one for each.
  mutating func perLevel(_ key: String, _ levels: Int, default value: Int) throws -> [Int] {
    guard let setting = try find(key) else { return Array(repeating: value, count: levels) }
    if case .array = setting.value { return try setting.integers(in: 1...Self.mostChannels) }
    return Array(repeating: try setting.integer(in: 1...Self.mostChannels), count: levels)
  }

  /// One number for a square, or height and width.
  mutating func imageSize(_ key: String) throws -> [Int]? {
    guard let setting = try find(key) else { return nil }
    guard case .array = setting.value else {
      return Array(repeating: try setting.integer(in: 1...Self.mostChannels), count: 2)
    }
    let sides = try setting.integers(in: 1...Self.mostChannels)
    guard sides.count == 2 else { throw setting.failure(expected: "a height and a width") }
    return sides
  }

  /// A list of block classes.
  mutating func kinds<Kind: Hashable>(
    _ key: String, _ names: [Kind: String]
  ) throws -> [Kind]? {
    try find(key)?.elements().map { try Self.kind($0, names) }
  }

  /// One block class; null means none, and an absent key means `value`.
  mutating func kind<Kind: Hashable>(
    _ key: String, _ names: [Kind: String], default value: Kind?
  ) throws -> Kind? {
    guard states(key) else { return value }
    return try find(key).map { try Self.kind($0, names) }
  }

  private static func kind<Kind: Hashable>(
    _ setting: JSONNode, _ names: [Kind: String]
  ) throws -> Kind {
    let name = try setting.string()
    guard let kind = names.first(where: { $0.value == name })?.key else {
      throw setting.failure(expected: names.values.sorted().joined(separator: " or "))
    }
    return kind
  }

  /// A setting with only one meaning here: absent, null or one of `values`.
  mutating func require(_ key: String, _ values: JSONValue...) throws {
    guard let setting = try find(key), !values.contains(setting.value) else { return }
    throw setting.failure(expected: values.prefix(1).map(\.plain).joined())
  }

  /// Settings that do not change what is computed here.
  mutating func ignore(_ keys: String...) { seen.formUnion(keys) }

  /// Refuses what is left. Keys that begin with an underscore describe the file; null and false
  /// are how diffusers writes that an extension is not in use.
  func finish() throws {
    let left = members.filter { key, setting in
      !seen.contains(key) && !key.hasPrefix("_") && setting.value != .null
        && setting.value != .bool(false)
    }
    if let setting = left.min(by: { $0.key < $1.key })?.value {
      throw setting.failure(expected: "no such setting, since it is not supported")
    }
  }
}

extension JSONValue {
  /// A scalar for a message.
  fileprivate var plain: String { String(serialized.dropLast()) }

  /// An image's height and width as diffusers writes them: one number for a square.
  static func imageSize(_ sides: [Int]?) -> JSONValue {
    guard let sides, let height = sides.first, let width = sides.last else { return .null }
    return height == width ? .integer(height) : .array([.integer(height), .integer(width)])
  }

  /// One number where all are equal.
  static func perLevel(_ values: [Int]) -> JSONValue {
    Set(values).count == 1 ? .integer(values[0]) : .integers(values)
  }

  static func integers(_ values: [Int]) -> JSONValue { .array(values.map { .integer($0) }) }
}
