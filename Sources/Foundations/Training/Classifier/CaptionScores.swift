import Storybook

/// How often a set of pictures shows what was asked for.
package struct CaptionScores: Sendable {
  /// A share with the interval in which 95 of 100 such measurements have the truth.
  package struct Share: Sendable {
    package let right: Int
    package let count: Int

    package init(right: Int, count: Int) { (self.right, self.count) = (right, count) }

    package var value: Double { count == 0 ? .nan : Double(right) / Double(count) }

    /// Wilson's score interval.
    package var interval: ClosedRange<Double> {
      guard count > 0 else { return 0...1 }
      let (n, p, z) = (Double(count), value, 1.959964)
      let middle = (p + z * z / (2 * n)) / (1 + z * z / n)
      let half = z / (1 + z * z / n) * (p * (1 - p) / n + z * z / (4 * n * n)).squareRoot()
      return max(middle - half, 0)...min(middle + half, 1)
    }
  }

  /// By attribute, in the order of `SceneAttribute`.
  package let attributes: [(attribute: SceneAttribute, share: Share)]
  /// All attributes of a caption together.
  package let whole: Share
  package let objects: Objects

  /// What became of the objects, wherever in the picture they stand.
  package struct Objects: Sendable {
    /// Objects whose kind is in the picture at all.
    package var found = Share(right: 0, count: 0)
    /// Of those found, the ones that have their colour.
    package var bound = Share(right: 0, count: 0)
    /// Pictures of two found objects of different colours that have each other's.
    package var swapped = Share(right: 0, count: 0)
    /// Pictures of two found objects that stand as the caption has them, left and right.
    package var ordered = Share(right: 0, count: 0)
  }

  /// - Precondition: one reading for each content.
  package init(_ readings: [SceneClassifier.Reading], asked contents: [SceneContent]) {
    precondition(
      readings.count == contents.count, "\(readings.count) readings of \(contents.count) captions")
    let pairs = Array(zip(readings, contents))
    func share(_ isRight: (SceneClassifier.Reading, SceneContent) -> Bool) -> Share {
      Share(right: pairs.count { isRight($0.0, $0.1) }, count: pairs.count)
    }
    attributes = SceneAttribute.allCases.map { attribute in
      (attribute, share { $0.agrees(with: $1, in: attribute) })
    }
    whole = share { $0.agrees(with: $1) }
    objects = Self.objects(pairs)
  }

  private static func objects(
    _ pairs: [(reading: SceneClassifier.Reading, content: SceneContent)]
  ) -> Objects {
    var asked = 0, found = 0, bound = 0
    var twoColored = 0, swapped = 0, both = 0, ordered = 0
    for (reading, content) in pairs {
      let seen = reading.objects
      let places = content.objects.map { object in
        seen.firstIndex { $0?.kind == object.kind.rawValue }
      }
      asked += content.objects.count
      for (object, place) in zip(content.objects, places) {
        guard let place else { continue }
        found += 1
        if seen[place]?.color == object.color.rawValue { bound += 1 }
      }
      guard content.objects.count == 2, let left = places[0], let right = places[1] else {
        continue
      }
      both += 1
      if left < right { ordered += 1 }
      guard content.objects[0].color != content.objects[1].color else { continue }
      twoColored += 1
      if seen[left]?.color == content.objects[1].color.rawValue,
        seen[right]?.color == content.objects[0].color.rawValue
      {
        swapped += 1
      }
    }
    return Objects(
      found: Share(right: found, count: asked), bound: Share(right: bound, count: found),
      swapped: Share(right: swapped, count: twoColored),
      ordered: Share(right: ordered, count: both))
  }

  /// How often each class was read where another was asked for: rows asked, columns read.
  package static func confusion(
    _ readings: [SceneClassifier.Reading], asked contents: [SceneContent],
    in attributes: [SceneAttribute]
  ) -> (classes: [String], counts: [[Int]]) {
    let classes = attributes.first?.classes ?? []
    var counts = classes.map { _ in classes.map { _ in 0 } }
    for (reading, content) in zip(readings, contents) {
      for attribute in attributes {
        guard let row = classes.firstIndex(of: attribute.className(in: content)),
          let column = classes.firstIndex(of: reading[attribute])
        else { continue }
        counts[row][column] += 1
      }
    }
    return (classes, counts)
  }
}

extension SceneClassifier.Reading {
  /// What stands in the two places; nil where there is nothing.
  var objects: [(kind: String, color: String)?] {
    [(SceneAttribute.firstKind, SceneAttribute.firstColor), (.secondKind, .secondColor)].map {
      self[$0] == SceneAttribute.nothing ? nil : (self[$0], self[$1])
    }
  }
}
