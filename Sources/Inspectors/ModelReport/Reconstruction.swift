import Evaluation
import Foundation
import Imaging
import LatentDiffusion
import Storybook
import Tensors

/// Pictures that an autoencoder is tried on.
struct PictureSet: Sendable {
  let name: String
  /// One tensor [1, 3, H, W] in [−1, 1] each.
  let pictures: [Tensor]

  /// Scenes and textures that no training meets: those of the evaluation.
  /// - Parameter count: the most of each.
  static func storybook(count: Int) -> [PictureSet] {
    let scenes = FirstStageEvaluation.scenes(min(count, FirstStageEvaluation.sceneCount))
    let textures = FirstStageEvaluation.textures(min(count, FirstStageEvaluation.textureCount))
    return [("held-out scenes", scenes), ("dead leaves", textures)].map { name, pictures in
      PictureSet(
        name: name, pictures: (0..<pictures.shape[0]).map { pictures.rows($0..<$0 + 1) })
    }
  }

  /// One picture of a person's own: the middle of it, where it is very large.
  static func own(_ picture: Tensor, named path: String) -> PictureSet {
    let (height, width) = (min(picture.shape[2], 1024), min(picture.shape[3], 1024))
    return PictureSet(
      name: URL(fileURLWithPath: path).lastPathComponent,
      pictures: [picture.centerCropped(height: height, width: width)])
  }
}

/// How much of some pictures one autoencoder carries.
struct Reconstruction: Sendable {
  let autoencoder: String
  let factor: Int
  let channels: Int
  let set: String
  let quality: ReconstructionQuality
  /// The picture that came out worst, beside what came of it.
  let worst: (original: Image, reconstruction: Image)

  /// Sides are made multiples of f by leaving pixels out.
  init(_ name: String, _ firstStage: FirstStage, _ set: PictureSet) {
    (autoencoder, factor) = (name, firstStage.downsamplingFactor)
    (channels, self.set) = (firstStage.latentChannels, set.name)
    var quality = ReconstructionQuality()
    var worst: (value: Double, original: Tensor, reconstruction: Tensor)?
    let f = factor
    for picture in set.pictures {
      let padded = picture.resizedToFit(atLeast: f)
      let original = padded.centerCropped(
        height: padded.shape[2] / f * f, width: padded.shape[3] / f * f)
      let reconstruction = firstStage.roundTrip(original)
      quality.add(original, reconstruction)
      let value = quality.psnr.last ?? .infinity
      if value <= worst?.value ?? .infinity { worst = (value, original, reconstruction) }
    }
    self.quality = quality
    let black = Tensor([1, 3, 1, 1], repeating: -1)
    self.worst = (
      Image(worst?.original ?? black), Image(worst?.reconstruction ?? black)
    )
  }
}

extension Tensor {
  /// A picture with a side below `size` is made larger, since there is no latent for it.
  fileprivate func resizedToFit(atLeast size: Int) -> Tensor {
    guard shape[2] < size || shape[3] < size else { return self }
    return resized(height: Swift.max(shape[2], size), width: Swift.max(shape[3], size))
  }
}
