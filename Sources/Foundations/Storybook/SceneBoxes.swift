import Tensors

/// What a box of a layout can hold.
public enum BoxClass: String, CaseIterable, Codable, Hashable, Sendable {
  /// The objects of the storybook, in whatever colour.
  case house, tree, boat, tent, rocket, ball
  /// What hangs in the sky.
  case sun, moon, cloud, stars
  /// What covers the ground.
  case grass, sand, snow, sea
}

/// A class and where it is to be seen: fractions of the picture's sides, x to the right and y down.
public struct SceneBox: Codable, Hashable, Sendable {
  /// What is in it.
  public var content: BoxClass
  /// The sides, 0…1.
  public var left, top, right, bottom: Float

  /// - Parameters:
  ///   - content: what is in it.
  ///   - left: the left side, 0…1.
  ///   - top: the upper side, 0…1.
  ///   - right: the right side, 0…1, beyond `left`.
  ///   - bottom: the lower side, 0…1, beyond `top`.
  public init(_ content: BoxClass, left: Float, top: Float, right: Float, bottom: Float) {
    (self.content, self.left, self.top) = (content, left, top)
    (self.right, self.bottom) = (right, bottom)
  }
}

extension SceneBatch {
  /// The boxes around all that can be seen of the things in scene `index`: objects, what hangs in the
  /// sky, the ground; none where a thing is hidden.
  /// - Precondition: the batch has masks.
  public func boxes(at index: Int) -> [SceneBox] {
    let content = scenes[index].content
    var things: [(BoxClass?, Caption.Subject)] = content.objects.enumerated().map {
      (BoxClass(rawValue: $1.kind.rawValue), .object($0))
    }
    things.append((content.sky.flatMap { BoxClass(rawValue: $0.rawValue) }, .sky))
    things.append((BoxClass(rawValue: content.ground.rawValue), .ground))
    return things.compactMap { content, subject in
      content.flatMap { SceneBox($0, around: mask(of: subject, at: index)) }
    }
  }
}

extension SceneBox {
  /// The smallest box around the pixels of a mask, [H, W], that are at least half covered; nil where
  /// there are none.
  public init?(_ content: BoxClass, around mask: Tensor) {
    let (height, width) = (mask.shape[0], mask.shape[1])
    var (left, top, right, bottom) = (width, height, 0, 0)
    mask.withUnsafeElements { values in
      for y in 0..<height {
        for x in 0..<width where values[y * width + x] >= 0.5 {
          (left, right) = (min(left, x), max(right, x + 1))
          (top, bottom) = (min(top, y), max(bottom, y + 1))
        }
      }
    }
    guard left < right else { return nil }
    self.init(
      content, left: Float(left) / Float(width), top: Float(top) / Float(height),
      right: Float(right) / Float(width), bottom: Float(bottom) / Float(height))
  }
}

/// Boxes as the tokens of a transformer: five for each box, its class and its four sides, as the LDM
/// paper does it for layouts (arXiv:2112.10752, App. E.2.1) with one token for a corner.
public enum LayoutVocabulary {
  /// The token that stands where there is no box.
  public static let padding = 0
  /// How many steps a side of the picture is cut into.
  public static let steps = 32
  /// How many boxes there can be.
  public static let boxes = 6
  /// Tokens of a box: its class; left, upper, right and lower side.
  public static let tokensPerBox = 1 + sides
  /// Tokens of a whole layout.
  public static let length = tokensPerBox * boxes
  /// How many tokens there are: nothing, classes, the places of each side.
  public static let size = firstPlace + sides * placesPerSide

  /// Sides of a box.
  public static let sides = 4
  /// Where a side can be: 0…steps.
  public static let placesPerSide = steps + 1
  /// The token of a left side at 0; those of each side follow each other, from the left or upper end
  /// of the picture to the other.
  public static let firstPlace = 1 + BoxClass.allCases.count

  /// The tokens of a layout, filled up with padding.
  /// - Precondition: no more than `boxes`.
  public static func tokens(_ layout: [SceneBox]) -> [Int] {
    precondition(layout.count <= boxes, "\(layout.count) boxes")
    let tokens = layout.flatMap { box in
      [token(box.content)]
        + [box.left, box.top, box.right, box.bottom].enumerated().map { token($1, side: $0) }
    }
    return tokens + Array(repeating: padding, count: length - tokens.count)
  }

  private static func token(_ content: BoxClass) -> Int {
    1 + (BoxClass.allCases.firstIndex(of: content) ?? 0)
  }

  private static func token(_ place: Float, side: Int) -> Int {
    let step = Int((place * Float(steps)).rounded())
    return firstPlace + side * placesPerSide + min(max(step, 0), steps)
  }
}
