import Checkpoints
import Evaluation
import Imaging
import Networks
import Tensors
import Training

/// Looks at a growing autoencoder now and then, always with the same pictures, none of which it is
/// trained on.
package final class AutoencoderEvaluation: TrainingPart {
  package struct Quality: Sendable, Equatable {
    /// The mean PSNR in decibels of the pictures of a kind.
    package let scenes, textures: Double
    /// The same of one's own pictures that were held out; NaN where there are none.
    package let images: Double
  }

  /// A reconstruction of `shown` on the way.
  package struct Snapshot: Sendable {
    /// How many steps had been taken.
    package let steps: Int
    package let quality: Quality
    /// As `shown`.
    package let pictures: Tensor
  }

  private let interval: Int
  private let lastStep: Int
  /// The first pictures of the evaluation.
  private let scenes = FirstStageEvaluation.scenes(8)
  private let textures = FirstStageEvaluation.textures(4)
  /// The first of one's own pictures that were held out: [n, 3, 128, 128]; nil for none.
  let images: Tensor?
  /// What snapshots show: one scene, one texture, and one of one's own pictures if one is held out.
  package var shown: Tensor {
    .concatenated(
      [scenes, textures].map { $0.rows(0..<1) } + (images.map { [$0.rows(0..<1)] } ?? []), along: 0)
  }
  /// What `shown` shows, in words.
  package var kinds: [String] { ["scene", "texture"] + (images == nil ? [] : ["picture"]) }
  package private(set) var snapshots: [Snapshot] = []

  /// - Parameters:
  ///   - steps: of the whole run, which is looked at some twenty-five times, a short one at every fourth step.
  ///   - photographs: one's own pictures, some of which may be held out.
  init(steps: Int, photographs: PhotographCrops? = nil) {
    images = photographs?.heldOutPieces(128, most: 12)
    // A look costs as much as several steps.
    interval = max(steps / 25, 4)
    lastStep = steps - 1
  }

  /// Whether the run is looked at when step `index` is done.
  func isDue(after index: Int) -> Bool {
    (index + 1) % interval == 0 || index == lastStep || index == 0
  }

  func measure(_ autoencoder: any Autoencoder, after index: Int) -> Quality {
    let weights = WeightMemory()
    /// What comes back of each, side by side, and its PSNR.
    func look(at pictures: Tensor) -> [(picture: Tensor, psnr: Double)] {
      Threads.map(pictures.shape[0]) { row in
        let picture = pictures.rows(row..<row + 1)
        let back = autoencoder.reconstruct(picture, keeping: weights)
        return (back, ImageMetrics.psnr(picture.asStored, back.asStored))
      }
    }
    let looks = ([scenes, textures] + (images.map { [$0] } ?? [])).map(look)
    let means = looks.map { $0.map(\.psnr).meanAndDeviation.mean }
    let quality = Quality(
      scenes: means[0], textures: means[1], images: images == nil ? .nan : means[2])
    let shown = Tensor.concatenated(looks.map { $0[0].picture }, along: 0)
    snapshots.append(Snapshot(steps: index + 1, quality: quality, pictures: shown))
    return quality
  }

  package var savedTensors: [String: Tensor] {
    let numbers = snapshots.flatMap {
      [Float($0.steps), Float($0.quality.scenes), Float($0.quality.textures)]
        + (images == nil ? [] : [Float($0.quality.images)])
    }
    return [
      "numbers": Tensor([snapshots.count, 1 + kinds.count], numbers),
      "pictures": snapshots.isEmpty
        ? .zeros([0] + shown.shape)
        : Tensor.concatenated(snapshots.map(\.pictures), along: 0)
          .reshaped([snapshots.count] + shown.shape),
    ]
  }

  package func restore(from source: some WeightSource) throws {
    try source.requireFinite(["numbers", "pictures"], of: "the looks on the way")
    let pictures = try source.tensor(named: "pictures")
    let count = pictures.shape.first ?? 0
    let numbers = try source.tensor(named: "numbers", shape: [count, 1 + kinds.count])
    guard pictures.shape == [count] + shown.shape else {
      throw CheckpointError.shapeMismatch(
        file: source.origin, name: "pictures", expected: [count] + shown.shape,
        actual: pictures.shape)
    }
    snapshots = (0..<count).map { i in
      Snapshot(
        steps: Int(exactly: numbers[i, 0].rounded()) ?? 0,
        quality: Quality(
          scenes: Double(numbers[i, 1]), textures: Double(numbers[i, 2]),
          images: images == nil ? .nan : Double(numbers[i, 3])),
        pictures: pictures.rows(i..<i + 1).reshaped(shown.shape))
    }
  }
}
