import Storybook
import Tensors
import Training

/// How well a classifier reads scenes whose combinations it never met.
struct ClassifierEvaluation: Sendable {
  let name: String
  /// How many scenes are read right, by attribute, where "all" asks for every one of them; or how many
  /// places, by what they show.
  let scores: [(name: String, right: Int, count: Int)]
  /// The first few that are read wrong: the picture, its caption, and what was read.
  let mistakes: [(picture: Tensor, caption: String, reading: String)]

  /// Scenes of a seed that no training uses.
  private static let seed: UInt64 = 0xE8A3
  private static let mostMistakes = 24

  init(_ name: String, _ network: SceneClassifier, count: Int, augmentation: PictureAugmentation?) {
    let batches = SceneBatches(
      seed: Self.seed, split: .heldOut, size: SceneClassifier.pictureSize)
    var right = [Int](repeating: 0, count: SceneAttribute.allCases.count + 1)
    var mistakes: [(picture: Tensor, caption: String, reading: String)] = []
    for start in stride(from: 0, to: count, by: 64) {
      let batch = batches.batch(start..<min(start + 64, count))
      let pictures =
        augmentation?.augmented(batch.pictures, seed: Self.seed, first: start) ?? batch.pictures
      for (i, reading) in network.readings(of: pictures).enumerated() {
        let content = batch.scenes[i].content
        for (k, attribute) in SceneAttribute.allCases.enumerated() {
          right[k] += reading.agrees(with: content, in: attribute) ? 1 : 0
        }
        if reading.agrees(with: content) {
          right[right.count - 1] += 1
        } else if mistakes.count < Self.mostMistakes {
          let wrong = SceneAttribute.allCases.filter { !reading.agrees(with: content, in: $0) }
          mistakes.append(
            (
              pictures.rows(i..<i + 1), batch.captions[i].text,
              wrong.map { "\($0.rawValue): \(reading[$0])" }.joined(separator: ", ")
            ))
        }
      }
    }
    (self.name, self.mistakes) = (name, mistakes)
    scores = zip(SceneAttribute.allCases.map(\.rawValue) + ["all"], right).map { ($0, $1, count) }
  }

  init(_ name: String, _ reader: PlaceReader, count: Int, augmentation: PictureAugmentation?) {
    let batches = SceneBatches(
      seed: Self.seed, split: .heldOut, size: SceneClassifier.pictureSize)
    var right = [Int](repeating: 0, count: PlaceMap.classes.count)
    var all = right
    for start in stride(from: 0, to: count, by: 64) {
      let batch = batches.batch(start..<min(start + 64, count), withMasks: true)
      let pictures =
        augmentation?.augmented(batch.pictures, seed: Self.seed, first: start) ?? batch.pictures
      for (i, map) in reader.maps(of: pictures).enumerated() {
        for (read, label) in zip(map.labels, PlaceMap(batch, at: i).labels)
        where label != PlaceMap.undecided {
          all[label] += 1
          right[label] += read == label ? 1 : 0
        }
      }
    }
    (self.name, mistakes) = (name, [])
    let sums = (right.reduce(0, +), all.reduce(0, +))
    scores =
      PlaceMap.classes.indices.map { (PlaceMap.classes[$0], right[$0], all[$0]) }
      + [("all", sums.0, sums.1)]
  }
}
