import Checkpoints
import Evaluation
import Networks
import Tensors
import Training

/// Looks at a growing autoencoder now and then, always with the same pictures, none of which it is
/// trained on.
package final class AutoencoderEvaluation: TrainingPart {
  package struct Quality: Sendable, Equatable {
    /// The mean PSNR in decibels of the pictures of a kind.
    package let scenes, textures: Double
  }

  /// A reconstruction of `shown` on the way.
  package struct Snapshot: Sendable {
    /// How many steps had been taken.
    package let steps: Int
    package let quality: Quality
    /// [2, 3, 128, 128]
    package let pictures: Tensor
  }

  private let interval: Int
  private let lastStep: Int
  /// The first pictures of the evaluation.
  private let scenes = FirstStageEvaluation.scenes(8)
  private let textures = FirstStageEvaluation.textures(4)
  /// What snapshots show: one scene and one texture.
  package var shown: Tensor { .concatenated([scenes.rows(0..<1), textures.rows(0..<1)], along: 0) }
  package private(set) var snapshots: [Snapshot] = []

  /// - Parameter steps: of the whole run, which is looked at some twenty-five times.
  init(steps: Int) {
    interval = max(steps / 25, 1)
    lastStep = steps - 1
  }

  /// Whether the run is looked at when step `index` is done.
  func isDue(after index: Int) -> Bool {
    (index + 1) % interval == 0 || index == lastStep || index == 0
  }

  func measure(_ autoencoder: any Autoencoder, after index: Int) -> Quality {
    func psnr(_ pictures: Tensor) -> Double {
      ReconstructionQuality(of: pictures, through: autoencoder.reconstruct).meanPSNR
    }
    let quality = Quality(scenes: psnr(scenes), textures: psnr(textures))
    let pictures = autoencoder.reconstruct(shown)
    snapshots.append(Snapshot(steps: index + 1, quality: quality, pictures: pictures))
    return quality
  }

  package var savedTensors: [String: Tensor] {
    let numbers = snapshots.flatMap {
      [Float($0.steps), Float($0.quality.scenes), Float($0.quality.textures)]
    }
    return [
      "numbers": Tensor([snapshots.count, 3], numbers),
      "pictures": snapshots.isEmpty
        ? .zeros([0, 2, 3, 128, 128])
        : Tensor.concatenated(snapshots.map(\.pictures), along: 0)
          .reshaped([snapshots.count, 2, 3, 128, 128]),
    ]
  }

  package func restore(from source: some WeightSource) throws {
    try source.requireFinite(["numbers", "pictures"], of: "the looks on the way")
    let pictures = try source.tensor(named: "pictures")
    let count = pictures.shape.first ?? 0
    let numbers = try source.tensor(named: "numbers", shape: [count, 3])
    guard pictures.shape == [count, 2, 3, 128, 128] else {
      throw CheckpointError.shapeMismatch(
        file: source.origin, name: "pictures", expected: [count, 2, 3, 128, 128],
        actual: pictures.shape)
    }
    snapshots = (0..<count).map { i in
      Snapshot(
        steps: Int(exactly: numbers[i, 0].rounded()) ?? 0,
        quality: Quality(scenes: Double(numbers[i, 1]), textures: Double(numbers[i, 2])),
        pictures: pictures.rows(i..<i + 1).reshaped([2, 3, 128, 128]))
    }
  }
}
