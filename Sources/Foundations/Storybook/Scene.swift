// The storybook world: what a scene can be. Plain data; pictures and words are made elsewhere.

/// The time of day, which lights the whole scene.
public enum TimeOfDay: String, CaseIterable, Codable, Hashable, Sendable {
  /// The sky is blue.
  case day
  /// The sky is violet above and orange at the horizon; everything is warmer.
  case sunset
  /// The sky is dark, and windows are lit.
  case night
}

/// What the objects stand on.
public enum Ground: String, CaseIterable, Codable, Hashable, Sendable {
  /// A meadow.
  case grass
  /// A beach.
  case sand
  /// White ground.
  case snow
  /// Water with waves.
  case sea
}

/// What hangs in the sky.
public enum SkyItem: String, CaseIterable, Codable, Hashable, Sendable {
  /// By day and at sunset.
  case sun
  /// At any time.
  case moon
  /// At any time.
  case cloud
  /// At sunset and at night.
  case stars

  /// Whether the two may be seen together: there is no sun at night and there are no stars by day.
  public func isSeen(at time: TimeOfDay) -> Bool {
    switch self {
    case .sun: time != .night
    case .stars: time != .day
    case .moon, .cloud: true
    }
  }
}

/// What an object is.
public enum ObjectKind: String, CaseIterable, Codable, Hashable, Sendable {
  /// A house with a chimney, a door and a window.
  case house
  /// A tree; its crown has the colour.
  case tree
  /// A boat with two sails, one of them white.
  case boat
  /// A tent with an entrance.
  case tent
  /// A rocket with two fins.
  case rocket
  /// A ball with stripes.
  case ball
}

/// What colour an object has.
public enum ObjectColor: String, CaseIterable, Codable, Hashable, Sendable {
  /// sRGB 214, 40, 40, by daylight.
  case red
  /// sRGB 245, 130, 25, by daylight.
  case orange
  /// sRGB 252, 218, 50, by daylight.
  case yellow
  /// sRGB 30, 140, 70, by daylight.
  case green
  /// sRGB 40, 95, 215, by daylight.
  case blue
  /// sRGB 125, 55, 180, by daylight.
  case purple
  /// sRGB 255, 150, 195, by daylight.
  case pink
  /// sRGB 246, 246, 244, by daylight.
  case white
}

/// A thing with a colour, as a caption names it.
public struct SceneObject: Codable, Hashable, Sendable {
  /// What it is.
  public var kind: ObjectKind
  /// What colour it has.
  public var color: ObjectColor

  /// - Parameters:
  ///   - color: what colour it has.
  ///   - kind: what it is.
  public init(_ color: ObjectColor, _ kind: ObjectKind) {
    self.kind = kind
    self.color = color
  }
}

/// What a caption says about a scene, and no more.
public struct SceneContent: Codable, Hashable, Sendable {
  /// The light of the scene.
  public var time: TimeOfDay
  /// What the objects stand on.
  public var ground: Ground
  /// What hangs in the sky; nil for an empty one.
  public var sky: SkyItem?
  /// One object, or two from left to right.
  public var objects: [SceneObject]

  /// - Precondition: one or two objects, as everywhere in the storybook.
  public init(time: TimeOfDay, ground: Ground, sky: SkyItem?, objects: [SceneObject]) {
    precondition(
      1...2 ~= objects.count, "a scene has one or two objects, not \(objects.count)")
    self.time = time
    self.ground = ground
    self.sky = sky
    self.objects = objects
  }
}

/// What a caption does not say: where things stand and how they vary. Lengths are fractions of the
/// picture's side; x runs to the right and y down.
public struct SceneLayout: Codable, Hashable, Sendable {
  /// The place of one object.
  public struct Placement: Codable, Hashable, Sendable {
    /// Horizontal middle.
    public var x: Float
    /// Where it touches the ground.
    public var base: Float
    /// Height.
    public var size: Float
    /// Brightness of its colour, about 1.
    public var shade: Float
    /// Whether left and right are exchanged.
    public var isMirrored: Bool
  }

  /// The height of the horizon.
  public var horizon: Float
  /// How far hills rise at the left (negative: at the right).
  public var slope: Float
  /// The objects' places, in the order of the content's objects.
  public var placements: [Placement]
  /// The horizontal middle of what hangs in the sky.
  public var skyX: Float
  /// Its vertical middle.
  public var skyY: Float
  /// Its size, where 1 is the usual one.
  public var skySize: Float
  /// Brightness of the whole scene, about 1.
  public var exposure: Float
  /// Decides the small strokes on the ground, the stars and the grain.
  public var detailSeed: UInt64
}

/// One picture of the storybook world.
public struct Scene: Codable, Hashable, Sendable {
  /// What the caption says.
  public var content: SceneContent
  /// What the caption does not say.
  public var layout: SceneLayout
}
