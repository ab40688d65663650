import Checkpoints
import JSON
import Networks
import Storybook

/// The architecture of a scene classifier: the settings of its `config.json`.
public struct SceneClassifierConfiguration: NetworkConfiguration {
  /// What the class is called in `config.json`.
  public static let className = "SceneClassifier"

  /// Channels of each stage; every stage halves height and width, to no less than one pixel.
  public var stageChannels = [16, 32, 64, 96, 128]
  /// The number of groups in every group normalisation; divides all of `stageChannels`.
  public var normGroups = 8

  /// Five stages, of 16 to 128 channels.
  public init() {}

  /// Reads `config.json`.
  /// - Throws: `JSONError` for a setting that is missing or wrong, `CheckpointError` for other classes.
  public init(_ node: JSONNode) throws {
    let name = try node["_class_name"].string()
    guard name == Self.className else {
      throw CheckpointError.unknownModelClass(
        file: node.file, name: name, expected: [Self.className])
    }
    stageChannels = try node["stage_channels"].integers(in: 1...1024)
    normGroups = try node["norm_num_groups"].integer(in: 1...1024)
    // The classes are part of the architecture: other names would be other answers.
    for attribute in SceneAttribute.allCases {
      let classes = try node["classes"][attribute.rawValue]
      guard try classes.strings() == attribute.classes else {
        throw classes.failure(expected: attribute.classes.joined(separator: ", "))
      }
    }
    try validate(file: node.file)
  }

  /// The settings as `config.json` holds them.
  public var json: JSONValue {
    .object([
      "_class_name": .string(Self.className),
      "stage_channels": .array(stageChannels.map { .integer($0) }),
      "norm_num_groups": .integer(normGroups),
      "classes": .object(
        Dictionary(
          uniqueKeysWithValues: SceneAttribute.allCases.map { attribute in
            (attribute.rawValue, .array(attribute.classes.map { .string($0) }))
          })),
    ])
  }

  /// Checks that the settings agree with each other.
  /// - Throws: `JSONError.unexpected`, which names `file`.
  public func validate(file: String) throws {
    func require(_ condition: Bool, _ expected: String, _ found: String) throws {
      guard condition else {
        throw JSONError.unexpected(
          file: file, key: "stage_channels", expected: expected, found: found)
      }
    }
    try require(1...7 ~= stageChannels.count, "1 to 7 stages", "\(stageChannels.count)")
    for channels in stageChannels {
      try require(
        channels % normGroups == 0, "multiples of norm_num_groups (\(normGroups))", "\(channels)")
    }
  }
}
