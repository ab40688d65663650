/// Draws scenes: scene number i of a seed is always the same, whoever asks and in whatever order.
///
/// All attributes are drawn evenly and independently, as far as they can be seen together; two
/// objects are of different kinds. One combination in ten is held out: training never meets it, so
/// that a model can be asked for pictures that it has not seen, though it knows all their words.
public struct SceneSampler: Sendable {
  /// Which combinations of attributes are drawn.
  public enum Split: String, CaseIterable, Codable, Sendable {
    /// The nine combinations in ten that training meets.
    case training
    /// The one in ten that it never meets.
    case heldOut = "held-out"
  }

  /// What all scenes are drawn from.
  public let seed: UInt64
  /// The combinations that are drawn; nil for both splits.
  public let split: Split?

  /// - Parameters:
  ///   - seed: what all scenes are drawn from.
  ///   - split: nil draws from both.
  public init(seed: UInt64, split: Split? = nil) {
    self.seed = seed
    self.split = split
  }

  /// Scene number `index`, from 0.
  public subscript(index: Int) -> Scene {
    var random = SplitMix(seed: seed, index: UInt64(index))
    var content = Self.content(&random)
    while let split, Self.split(of: content) != split { content = Self.content(&random) }
    return Scene(content: content, layout: Self.layout(of: content, &random))
  }

  /// The split that a combination belongs to: one in ten is held out.
  public static func split(of content: SceneContent) -> Split {
    var hash: UInt64 = 0
    func add(_ word: String?) {
      for byte in (word ?? "nothing").utf8 { hash = SplitMix.mixed(hash ^ UInt64(byte)) }
    }
    add(content.time.rawValue)
    add(content.ground.rawValue)
    add(content.sky?.rawValue)
    for object in content.objects {
      add(object.color.rawValue)
      add(object.kind.rawValue)
    }
    return hash % 10 == 0 ? .heldOut : .training
  }

  /// Every combination of attributes that can be drawn.
  public static var allContents: [SceneContent] {
    let objects = ObjectKind.allCases.flatMap { kind in
      ObjectColor.allCases.map { SceneObject($0, kind) }
    }
    let groups =
      objects.map { [$0] }
      + objects.flatMap { left in
        objects.filter { $0.kind != left.kind }.map { [left, $0] }
      }
    return TimeOfDay.allCases.flatMap { time in
      skies(at: time).flatMap { sky in
        Ground.allCases.flatMap { ground in
          groups.map { SceneContent(time: time, ground: ground, sky: sky, objects: $0) }
        }
      }
    }
  }

  private static func skies(at time: TimeOfDay) -> [SkyItem?] {
    [nil] + SkyItem.allCases.filter { $0.isSeen(at: time) }
  }

  private static func content(_ random: inout SplitMix) -> SceneContent {
    let time = random.element(of: TimeOfDay.allCases)
    let first = random.element(of: ObjectKind.allCases)
    var objects = [SceneObject(random.element(of: ObjectColor.allCases), first)]
    if random.index(below: 3) > 0 {
      let second = random.element(of: ObjectKind.allCases.filter { $0 != first })
      objects.append(SceneObject(random.element(of: ObjectColor.allCases), second))
    }
    return SceneContent(
      time: time, ground: random.element(of: Ground.allCases),
      sky: random.element(of: skies(at: time)), objects: objects)
  }

  /// A layout for a content: where things stand, drawn at random.
  package static func layout(of content: SceneContent, _ random: inout SplitMix) -> SceneLayout {
    let horizon = random.uniform(0.50...0.62)
    let single = content.objects.count == 1
    let placements = content.objects.indices.map { i in
      let x = single ? 0.34...0.66 : i == 0 ? 0.23...0.30 : 0.70...0.77 as ClosedRange<Float>
      return SceneLayout.Placement(
        x: random.uniform(x), base: horizon + (1 - horizon) * random.uniform(0.32...0.74),
        size: random.uniform(single ? 0.42...0.54 : 0.35...0.43),
        shade: random.uniform(0.93...1.05), isMirrored: random.index(below: 2) == 1)
    }
    var layout = SceneLayout(
      horizon: horizon, slope: random.uniform(-0.05...0.05), placements: placements, skyX: 0,
      skyY: 0, skySize: random.uniform(0.85...1.15), exposure: random.uniform(0.95...1.04),
      detailSeed: random.next())
    // A few tries to hang the sky item where no object hides it.
    for _ in 0..<8 {
      layout.skyX = random.uniform(0.13...0.87)
      layout.skyY = random.uniform(0.12...0.24)
      let isFree = placements.allSatisfy {
        abs($0.x - layout.skyX) > 0.32 * $0.size + 0.1 || layout.skyY + 0.1 < $0.base - $0.size
      }
      if isFree { break }
    }
    return layout
  }
}

extension Scene {
  /// A scene of a given content; `variation` changes only what a caption does not say.
  public init(_ content: SceneContent, variation: UInt64 = 0) {
    var random = SplitMix(seed: 0x5CE1E, index: variation)
    self.init(content: content, layout: SceneSampler.layout(of: content, &random))
  }
}
