import Storybook

/// How often each class of each attribute is drawn, and how often it should be.
struct AttributeFrequencies: Sendable {
  struct Row: Sendable {
    let attribute: SceneAttribute
    let className: String
    let count: Int
    /// The probability by which the class is drawn where no split leaves anything out.
    let expected: Double
    /// The share of scenes.
    let share: Double
    /// How many standard errors the share is off.
    let deviation: Double
  }

  let scenes: Int
  let rows: [Row]

  /// Counts scenes 0..<count.
  init(_ sampler: SceneSampler, count: Int) {
    var counts: [SceneAttribute: [String: Int]] = [:]
    for i in 0..<count {
      let content = sampler[i].content
      for attribute in SceneAttribute.allCases {
        counts[attribute, default: [:]][attribute.className(in: content), default: 0] += 1
      }
    }
    scenes = count
    rows = SceneAttribute.allCases.flatMap { attribute in
      attribute.classes.compactMap { name in
        let expected = Self.probability(of: name, in: attribute)
        // There is no scene without a first object.
        guard expected > 0 else { return nil }
        let found = counts[attribute]?[name] ?? 0
        let share = Double(found) / Double(count)
        let error = (expected * (1 - expected) / Double(count)).squareRoot()
        return Row(
          attribute: attribute, className: name, count: found, expected: expected, share: share,
          deviation: (share - expected) / error)
      }
    }
  }

  var largestDeviation: Double { rows.map { abs($0.deviation) }.max() ?? 0 }

  private static func probability(of name: String, in attribute: SceneAttribute) -> Double {
    let (kinds, colors) = (Double(ObjectKind.allCases.count), Double(ObjectColor.allCases.count))
    let isNothing = name == SceneAttribute.nothing
    switch attribute {
    case .time: return 1 / Double(TimeOfDay.allCases.count)
    case .ground: return 1 / Double(Ground.allCases.count)
    case .sky: return skyProbability(of: name)
    case .firstKind: return isNothing ? 0 : 1 / kinds
    case .firstColor: return isNothing ? 0 : 1 / colors
    case .secondKind: return isNothing ? 1 / 3 : 2 / 3 / kinds
    case .secondColor: return isNothing ? 1 / 3 : 2 / 3 / colors
    }
  }

  /// At each time of day, what can be seen then is equally likely, an empty sky among it.
  private static func skyProbability(of name: String) -> Double {
    let times = TimeOfDay.allCases
    return times.reduce(0) { sum, time in
      let seen = SkyItem.allCases.filter { $0.isSeen(at: time) }.map(\.rawValue)
      guard name == SceneAttribute.nothing || seen.contains(name) else { return sum }
      return sum + 1 / Double(times.count * (seen.count + 1))
    }
  }
}
