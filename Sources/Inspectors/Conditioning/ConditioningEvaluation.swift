import Evaluation
import Imaging
import Networks
import Storybook
import Tensors
import Training

/// How well a model follows what it is told, over held-out scenes, beside what needs no model.
struct ConditioningScore: Sendable {
  let way: Way
  let measure: String
  let unit: String
  let value: Double
  let baseline: String
  let baselineValue: Double
  /// The same measure of the true pictures; nil where it would be perfect.
  let truth: Double?
  /// Of how many pictures, boxes or layouts it is the mean.
  let count: Int
}

/// Measures ways over held-out scenes.
struct ConditioningEvaluation {
  let count: Int
  let steps: Int
  /// Nil for each way's own.
  let guidanceScale: Double?
  let seed: UInt64
  /// Of the scenes, which no training draws.
  static let sceneSeed: UInt64 = 0xC0D1
  private static let batchSize = 16

  /// How many batches each way takes.
  var batches: Int { (count + Self.batchSize - 1) / Self.batchSize }

  /// - Parameter advance: called after each batch.
  /// - Throws: what making pictures throws.
  func scores(
    _ model: ConditionedModel, _ readers: Readers, advance: () -> Void
  ) throws -> [ConditioningScore] {
    var tally = Tally(model.way)
    for first in stride(from: 0, to: count, by: Self.batchSize) {
      let scenes = SceneConditions(
        first..<min(first + Self.batchSize, count), seed: Self.sceneSeed, size: model.side)
      let indices = scenes.batch.scenes.indices
      let told = indices.map { scenes.told($0, model) }
      let noise = Tensor.concatenated(
        indices.map {
          TorchGenerator(seed: seed &+ UInt64(first + $0)).normal([1] + model.latentShape)
        }, along: 0)
      let scale = guidanceScale ?? model.way.guidanceScale
      func drawn(_ told: [Told]) throws -> Tensor {
        try model.pictures(told, noise: noise, steps: steps, guidanceScale: scale)
      }
      let pictures = try drawn(told)
      // Without guidance: there is nothing to lead to.
      let untold = try model.way.withoutCondition.map { nothing in
        try model.pictures(
          told.map { _ in nothing }, noise: noise, steps: steps, guidanceScale: 1)
      }
      tally.add(scenes, pictures, untold: untold, model, readers)
      advance()
    }
    return tally.scores
  }

  /// The networks that judge; no training saw them.
  struct Readers {
    let places: PlaceReader
    let classifier: SceneClassifier
  }
}

extension Way {
  /// The condition that tells nothing; nil where the picture must be told something.
  fileprivate var withoutCondition: Told? {
    switch self {
    case .layout: Told(boxes: [])
    case .classLabel: Told(kind: nil)
    case .text: Told(prompt: "")
    case .inpainting, .superResolution, .semanticMap: nil
    }
  }
}

/// Hits of one way: of its pictures, of those that were told nothing, and of the true ones.
private struct Tally {
  private let way: Way
  private var drawn = Mean(), baseline = Mean(), truth = Mean()
  /// Layouts of which every object was found; enlarged pictures that agree with the small one.
  private var whole = Mean(), wholeBaseline = Mean(), wholeTruth = Mean()

  init(_ way: Way) { self.way = way }

  mutating func add(
    _ scenes: SceneConditions, _ pictures: Tensor, untold: Tensor?, _ model: ConditionedModel,
    _ readers: ConditioningEvaluation.Readers
  ) {
    switch way {
    case .text, .classLabel: addReadings(scenes, pictures, untold, readers.classifier)
    case .layout: addBoxes(scenes, pictures, untold, readers.places)
    case .semanticMap: addMaps(scenes, pictures, readers.places)
    case .inpainting: addHoles(scenes, pictures)
    case .superResolution: addEnlarged(scenes, pictures, model)
    }
  }

  private mutating func addReadings(
    _ scenes: SceneConditions, _ pictures: Tensor, _ untold: Tensor?, _ reader: SceneClassifier
  ) {
    func hits(_ pictures: Tensor) -> [Double] {
      zip(reader.readings(of: pictures), scenes.batch.scenes).map { reading, scene in
        let isHit =
          way == .text
          ? reading.agrees(with: scene.content)
          : reading.agrees(with: scene.content, in: .firstKind)
        return isHit ? 1 : 0
      }
    }
    drawn.add(hits(pictures))
    if let untold { baseline.add(hits(untold)) }
    truth.add(hits(scenes.batch.pictures))
  }

  private mutating func addBoxes(
    _ scenes: SceneConditions, _ pictures: Tensor, _ untold: Tensor?, _ reader: PlaceReader
  ) {
    func add(_ pictures: Tensor, _ each: inout Mean, _ all: inout Mean) {
      for (index, map) in reader.maps(of: pictures).enumerated() {
        let found = scenes.batch.boxes(at: index).filter { $0.isObject }.map { map.shows($0) }
        each.add(found.map { $0 ? 1 : 0 })
        all.add([found.allSatisfy(\.self) ? 1 : 0])
      }
    }
    add(pictures, &drawn, &whole)
    if let untold { add(untold, &baseline, &wholeBaseline) }
    add(scenes.batch.pictures, &truth, &wholeTruth)
  }

  private mutating func addMaps(
    _ scenes: SceneConditions, _ pictures: Tensor, _ reader: PlaceReader
  ) {
    let (read, real) = (reader.maps(of: pictures), reader.maps(of: scenes.batch.pictures))
    for index in read.indices {
      let told = PlaceMap(scenes.batch, at: index)
      let shares = PlaceMap.kinds.map { kind in
        Double(told.labels.count { $0 >= 0 && PlaceMap.kind(of: $0) == kind })
      }
      let decided = max(shares.reduce(0, +), 1)
      drawn.add([read[index].agreement(with: told)])
      truth.add([real[index].agreement(with: told)])
      baseline.add([(shares.max() ?? 0) / decided])
    }
  }

  private mutating func addHoles(_ scenes: SceneConditions, _ pictures: Tensor) {
    for index in scenes.batch.scenes.indices {
      let (mask, picture) = (scenes.mask(index), scenes.picture(index))
      let filled = picture.filledWithMean(where: mask)
      drawn.add([pictures.rows(index..<index + 1).psnr(to: picture, where: mask)])
      baseline.add([filled.psnr(to: picture, where: mask)])
    }
  }

  private mutating func addEnlarged(
    _ scenes: SceneConditions, _ pictures: Tensor, _ model: ConditionedModel
  ) {
    for index in scenes.batch.scenes.indices {
      let (picture, small) = (scenes.picture(index), scenes.small(index, model))
      let (own, through) = (
        pictures.rows(index..<index + 1), model.firstStage.roundTrip(picture).clamped(to: -1...1)
      )
      func psnr(_ other: Tensor) -> Double {
        ImageMetrics.psnr(picture, other.clamped(to: -1...1))
      }
      let bicubic = psnr(small.enlarged(to: picture))
      drawn.add([psnr(own)])
      baseline.add([bicubic])
      truth.add([psnr(through)])
      whole.add([psnr(own.agreeing(with: small))])
      wholeBaseline.add([bicubic])
      wholeTruth.add([psnr(through.agreeing(with: small))])
    }
  }

  var scores: [ConditioningScore] {
    func score(
      _ measure: String, _ unit: String, against name: String, _ values: (Mean, Mean, Mean)
    ) -> ConditioningScore {
      ConditioningScore(
        way: way, measure: measure, unit: unit, value: values.0.value, baseline: name,
        baselineValue: values.1.value, truth: values.2.count > 0 ? values.2.value : nil,
        count: values.0.count)
    }
    let own = (drawn, baseline, truth)
    switch way {
    case .text: return [score("captions read right", "share", against: "told nothing", own)]
    case .classLabel: return [score("classes read right", "share", against: "told nothing", own)]
    case .layout:
      return [
        score("boxes with their object", "share", against: "told nothing", own),
        score(
          "layouts with every object in its box", "share", against: "told nothing",
          (whole, wholeBaseline, wholeTruth)),
      ]
    case .semanticMap:
      return [score("places as the map says", "share", against: "its commonest kind", own)]
    case .inpainting: return [score("PSNR in the hole", "dB", against: "mean colour", own)]
    case .superResolution:
      return [
        score("PSNR", "dB", against: "bicubic", own),
        score(
          "PSNR after one back-projection", "dB", against: "bicubic",
          (whole, wholeBaseline, wholeTruth)),
      ]
    }
  }
}

/// A mean that grows.
private struct Mean {
  private(set) var count = 0
  private var sum = 0.0
  var value: Double { sum / Double(max(count, 1)) }

  mutating func add(_ values: [Double]) {
    count += values.count
    sum += values.reduce(0, +)
  }
}

// MARK: - What is found where

extension SceneBox {
  /// Whether it holds an object, not sky or ground.
  var isObject: Bool { ObjectKind(rawValue: content.rawValue) != nil }
}

extension PlaceMap {
  /// The kinds of things that a semantic map tells apart, the two objects as one.
  enum Kind: CaseIterable { case sky, skyItem, ground, object }
  static let kinds = Kind.allCases

  static func kind(of label: Int) -> Kind {
    switch BoxClass(rawValue: classes[label]) {
    case nil: .sky
    case .sun, .moon, .cloud, .stars: .skyItem
    case .grass, .sand, .snow, .sea: .ground
    case .house, .tree, .boat, .tent, .rocket, .ball: .object
    }
  }

  /// The share of the places that `told` decides whose kind is as it says.
  func agreement(with told: PlaceMap) -> Double {
    let pairs = zip(labels, told.labels).filter { $1 != Self.undecided }
    let right = pairs.count { Self.kind(of: $0) == Self.kind(of: $1) }
    return Double(right) / Double(max(pairs.count, 1))
  }

  /// Whether an object is in its box: it is the commonest object there, and at least half of what the
  /// picture shows of it lies within the box.
  func shows(_ box: SceneBox) -> Bool {
    let wanted = Self.classes.firstIndex(of: box.content.rawValue)
    var inside: [Int: Int] = [:]
    var total = 0
    for (pixel, label) in labels.enumerated() where label >= 0 && Self.kind(of: label) == .object {
      let (x, y) = (
        (Float(pixel % Self.size) + 0.5) / Float(Self.size),
        (Float(pixel / Self.size) + 0.5) / Float(Self.size)
      )
      if label == wanted { total += 1 }
      if box.left...box.right ~= x && box.top...box.bottom ~= y { inside[label, default: 0] += 1 }
    }
    guard let wanted, let own = inside[wanted] else { return false }
    return own == inside.values.max() && 2 * own >= total
  }
}

extension Tensor {
  /// As large as `picture`, by bicubic interpolation.
  fileprivate func enlarged(to picture: Tensor) -> Tensor {
    resized(height: picture.shape[2], width: picture.shape[3], .bicubic)
  }

  /// The picture with what the small one says and it does not, enlarged and added: one step of
  /// iterative back-projection (Irani, Peleg 1991, doi:10.1016/1049-9652(91)90045-L).
  /// - Parameter small: f times smaller.
  fileprivate func agreeing(with small: Tensor) -> Tensor {
    self + (small - meanPooled(shape[2] / small.shape[2])).enlarged(to: self)
  }

  /// The picture with the mean colour of what can be seen where the mask is 1.
  /// - Parameter mask: [1, 1, H, W].
  fileprivate func filledWithMean(where mask: Tensor) -> Tensor {
    let (pixels, m) = (mask.count, mask.elements)
    let values = elements
    let seen = max(m.count { $0 < 0.5 }, 1)
    return Tensor(shape) { out in
      for channel in 0..<shape[1] {
        let place = channel * pixels
        var sum: Float = 0
        for i in 0..<pixels where m[i] < 0.5 { sum += values[place + i] }
        for i in 0..<pixels {
          out[place + i] = m[i] < 0.5 ? values[place + i] : sum / Float(seen)
        }
      }
    }
  }

  /// PSNR of the pixels where the mask is 1.
  fileprivate func psnr(to other: Tensor, where mask: Tensor) -> Double {
    let (pixels, m) = (mask.count, mask.elements)
    let (a, b) = (elements, other.elements)
    var (sum, count) = (0.0, 0)
    for i in a.indices where m[i % pixels] >= 0.5 {
      let d = Double(a[i] - b[i])
      sum += d * d
      count += 1
    }
    return ImageMetrics.psnr(meanSquaredError: sum / Double(max(count, 1)))
  }
}
