import Checkpoints
import Imaging
import Storybook
import Tensors
import Training

/// Looks at a growing autoencoder now and then, always with the same pictures, none of which it is
/// trained on.
package final class AutoencoderEvaluation: TrainingPart {
  package struct Quality: Sendable, Equatable {
    /// PSNR in decibels over all pictures of a kind together.
    package let scenes, textures: Double
  }

  /// After the last step.
  package struct FinalQuality: Sendable, Equatable {
    package let psnr, ssim: Quality
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
  /// Scenes of combinations that training never meets.
  private let scenes = SceneBatches(seed: 1, split: .heldOut).batch(0..<8).pictures
  private let textures = PictureMix(seed: 1, split: .heldOut, textureShare: 1).pictures(0..<4)
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

  func measure(_ autoencoder: TrainedAutoencoder, after index: Int) -> Quality {
    let (scenePictures, texturePictures) = (
      Self.reconstruct(scenes, autoencoder), Self.reconstruct(textures, autoencoder)
    )
    let quality = Quality(
      scenes: ImageMetrics.psnr(scenePictures, scenes),
      textures: ImageMetrics.psnr(texturePictures, textures))
    let pictures = Tensor.concatenated(
      [scenePictures.rows(0..<1), texturePictures.rows(0..<1)], along: 0)
    snapshots.append(Snapshot(steps: index + 1, quality: quality, pictures: pictures))
    return quality
  }

  /// Quality over more pictures of the same kinds, none of them trained on.
  package static func finalQuality(of autoencoder: TrainedAutoencoder) -> FinalQuality {
    func compare(_ pictures: Tensor) -> (psnr: Double, ssim: Double) {
      let made = reconstruct(pictures, autoencoder)
      return (ImageMetrics.psnr(made, pictures), ImageMetrics.ssim(made, pictures) ?? .nan)
    }
    let scenes = compare(SceneBatches(seed: 2, split: .heldOut).batch(0..<64).pictures)
    let textures = compare(
      PictureMix(seed: 2, split: .heldOut, textureShare: 1).pictures(0..<32))
    return FinalQuality(
      psnr: Quality(scenes: scenes.psnr, textures: textures.psnr),
      ssim: Quality(scenes: scenes.ssim, textures: textures.ssim))
  }

  /// A few at a time, so that little memory is needed.
  static func reconstruct(_ pictures: Tensor, _ autoencoder: TrainedAutoencoder) -> Tensor {
    let parts = stride(from: 0, to: pictures.shape[0], by: 4).map { first in
      autoencoder.reconstruction(
        of: pictures.rows(first..<min(first + 4, pictures.shape[0])))
    }
    return Tensor.concatenated(parts, along: 0)
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
        steps: Int(numbers[i, 0]),
        quality: Quality(scenes: Double(numbers[i, 1]), textures: Double(numbers[i, 2])),
        pictures: pictures.rows(i..<i + 1).reshaped([2, 3, 128, 128]))
    }
  }
}
