/// One thing that a caption says about a scene, as a choice between named classes.
public enum SceneAttribute: String, CaseIterable, Codable, Sendable {
  /// The time of day.
  case time
  /// What the objects stand on.
  case ground
  /// What hangs in the sky, or nothing.
  case sky
  /// The only object, or the left one of two.
  case firstKind = "first-kind"
  /// The colour of that object.
  case firstColor = "first-colour"
  /// The right one of two, or nothing.
  case secondKind = "second-kind"
  /// The colour of that one, or nothing.
  case secondColor = "second-colour"

  /// The class for what is not there.
  public static let nothing = "nothing"

  /// The classes, in a fixed order.
  public var classes: [String] {
    switch self {
    case .time: TimeOfDay.allCases.map(\.rawValue)
    case .ground: Ground.allCases.map(\.rawValue)
    case .sky: SkyItem.allCases.map(\.rawValue) + [Self.nothing]
    case .firstKind, .secondKind: ObjectKind.allCases.map(\.rawValue) + [Self.nothing]
    case .firstColor, .secondColor: ObjectColor.allCases.map(\.rawValue) + [Self.nothing]
    }
  }

  /// The class that a scene belongs to.
  public func className(in content: SceneContent) -> String {
    let second = content.objects.count > 1 ? content.objects[1] : nil
    return switch self {
    case .time: content.time.rawValue
    case .ground: content.ground.rawValue
    case .sky: content.sky?.rawValue ?? Self.nothing
    case .firstKind: content.objects[0].kind.rawValue
    case .firstColor: content.objects[0].color.rawValue
    case .secondKind: second?.kind.rawValue ?? Self.nothing
    case .secondColor: second?.color.rawValue ?? Self.nothing
    }
  }

  /// The index of that class.
  public func label(in content: SceneContent) -> Int {
    classes.firstIndex(of: className(in: content)) ?? classes.count - 1
  }

  /// Where the classes of each attribute lie in one list of all of them.
  private static let ranges: [SceneAttribute: Range<Int>] = {
    var ranges: [SceneAttribute: Range<Int>] = [:]
    var start = 0
    for attribute in allCases {
      ranges[attribute] = start..<start + attribute.classes.count
      start += attribute.classes.count
    }
    return ranges
  }()

  /// The place of this attribute's classes in one list of the classes of all attributes.
  public var range: Range<Int> { Self.ranges[self] ?? 0..<0 }

  /// How many classes all attributes have together.
  public static let classCount = allCases.reduce(0) { $0 + $1.classes.count }
}
