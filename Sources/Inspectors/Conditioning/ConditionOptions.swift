import ArgumentParser
import Commands
import LatentDiffusion
import Storybook
import Tensors
import Training

/// What the person brings to be told: words, boxes, a class, a picture, a mask, a map.
struct ConditionOptions: ParsableArguments {
  @Option(help: .prompt("What the picture shows.", default: "what the scene at hand shows"))
  var prompt: String?

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "For layout: what is where, as \"boat 0.1 0.5 0.5 0.9\": left, upper, right, lower side as fractions of the picture; several times or with ';' between, \(LayoutVocabulary.boxes) at most. Known: \(BoxClass.allCases.map(\.rawValue).joined(separator: ", ")). (default: those of the scene at hand)",
      valueName: "boxes"))
  var boxes: [String] = []

  @Option(
    help: ArgumentHelp(
      "For class: one of \(ObjectKind.allCases.map(\.rawValue).joined(separator: ", ")). (default: that of the scene at hand)",
      valueName: "kind"))
  var kind: String?

  @Option(
    help: ArgumentHelp(
      "For inpainting and super-resolution: any PNG or JPEG. (default: the scene at hand)",
      valueName: "file"))
  var image: String?

  @Option(
    help: ArgumentHelp(
      "For inpainting: a PNG or JPEG, white where the picture is missing. (default: a rectangle)",
      valueName: "file"))
  var mask: String?

  @Option(
    help: ArgumentHelp(
      "For semantic-map: a PNG or JPEG in the colours of images/semantic-map-condition.png: sky blue, sky item yellow, ground green, objects red and purple. (default: that of the scene at hand)",
      valueName: "file"))
  var map: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "For super-resolution: how noisy the small picture is made, 0 to \(NoiseAugmentation.levels - 1). (default: 0)",
      valueName: "n"))
  var noiseLevel: Int?

  mutating func validate() throws {
    for (option, path) in [("--image", image), ("--mask", mask), ("--map", map)] {
      try Check.path(option, path)
    }
    if let noiseLevel {
      try Check.range("--noise-level", noiseLevel, 0...NoiseAugmentation.levels - 1)
    }
    if let kind { try Check.name("--kind", kind, oneOf: ObjectKind.allCases.map(\.rawValue)) }
    _ = try layout()
  }

  /// The options that only one way heeds, with that way, as far as they were given.
  var given: [(name: String, ways: [Way])] {
    [
      ("--boxes", [Way.layout], !boxes.isEmpty), ("--kind", [.classLabel], kind != nil),
      ("--image", [.inpainting, .superResolution], image != nil),
      ("--mask", [.inpainting], mask != nil), ("--map", [.semanticMap], map != nil),
      ("--noise-level", [.superResolution], noiseLevel != nil),
      ("--prompt", [.text, .inpainting, .superResolution, .semanticMap], prompt != nil),
    ].filter(\.2).map { ($0.0, $0.1) }
  }

  /// The boxes that were given; nil where there are none.
  /// - Throws: `ValidationError`, which says what is wrong with which.
  func layout() throws -> [SceneBox]? {
    guard !boxes.isEmpty else { return nil }
    let items = boxes.flatMap { $0.split(separator: ";").map(String.init) }
    let layout = try items.map(Self.box)
    guard 1...LayoutVocabulary.boxes ~= layout.count else {
      throw ValidationError(
        "--boxes: expected 1 to \(LayoutVocabulary.boxes) boxes, found \(layout.count)")
    }
    return layout
  }

  private static func box(_ item: String) throws -> SceneBox {
    let words = item.split(separator: " ").map(String.init)
    let sides = words.dropFirst().compactMap(Float.init)
    guard words.count == 5, sides.count == 4, sides.allSatisfy({ 0...1 ~= $0 }),
      sides[0] < sides[2], sides[1] < sides[3]
    else {
      throw ValidationError(
        "--boxes: expected a kind and left, upper, right and lower side from 0 to 1, such as "
          + "\"boat 0.1 0.5 0.5 0.9\", found '\(item)'")
    }
    guard let content = BoxClass(rawValue: words[0]) else {
      throw ValidationError(
        "--boxes: expected one of \(BoxClass.allCases.map(\.rawValue).joined(separator: ", ")), "
          + "found '\(words[0])'")
    }
    return SceneBox(content, left: sides[0], top: sides[1], right: sides[2], bottom: sides[3])
  }
}
