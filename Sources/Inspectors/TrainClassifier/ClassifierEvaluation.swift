import Storybook
import Tensors
import Training

/// How well a classifier reads scenes whose combinations it never met.
struct ClassifierEvaluation: Sendable {
  let name: String
  let count: Int
  /// How many scenes are read right, by attribute; "all" asks for every one of them.
  let scores: [(name: String, right: Int)]
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
    (self.name, self.count, self.mistakes) = (name, count, mistakes)
    scores = zip(SceneAttribute.allCases.map(\.rawValue) + ["all"], right).map { ($0, $1) }
  }
}
