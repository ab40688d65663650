import ArgumentParser
import LatentDiffusion
import Storybook
import Tensors
import Training

/// What a model in training is told of a picture, and by which way (LDM, arXiv:2112.10752, §3.3):
/// words reach it by cross-attention, what has the picture's shape is joined to z_t as channels.
package enum Condition: String, CaseIterable, ExpressibleByArgument {
  case caption
  /// The kind of the first object as one of six classes, and no words.
  case classLabel = "class"
  /// The caption, and the picture without a part of it, for inpainting.
  case mask
  /// The caption, and the picture at the size of its latent, for super-resolution.
  case lowResolution = "low-resolution"
  /// The caption, and how much of each place shows sky, sky item, ground and objects.
  case semanticMap = "semantic-map"

  var usesCaptions: Bool { self != .classLabel }

  /// How many classes there are, where there are classes.
  var classCount: Int? { self == .classLabel ? ObjectKind.allCases.count : nil }

  static func label(of scene: Scene) -> Int {
    ObjectKind.allCases.firstIndex(of: scene.content.objects[0].kind) ?? 0
  }

  /// How many channels are joined to a latent of z channels.
  func channels(latent z: Int) -> Int {
    switch self {
    case .caption, .classLabel: 0
    case .mask: 1 + z
    case .lowResolution: 3
    case .semanticMap: 5
    }
  }

  /// The joined channels of scenes `first`..., [B, C, h, w]; nil where there are none.
  func concatenated(
    _ batch: SceneBatch, from first: Int, seed: UInt64, firstStage: FirstStage
  ) -> Tensor? {
    let f = firstStage.downsamplingFactor
    switch self {
    case .caption, .classLabel: return nil
    case .lowResolution: return batch.pictures.meanPooled(f)
    case .semanticMap:
      guard let shares = batch.shares else { preconditionFailure("a semantic map needs masks") }
      return shares.meanPooled(f)
    case .mask:
      let masks = Self.masks(batch.pictures.shape, from: first, seed: seed)
      let kept =
        batch.pictures
        * Tensor.concatenated([masks, masks, masks], along: 1)
        .scaled(by: -1, plus: 1)
      let hidden = masks.meanPooled(f).map { $0 > 0.5 ? 1 : 0 }
      return .concatenated([hidden, firstStage.meanLatent(kept)], along: 1)
    }
  }

  /// One rectangle per picture, a quarter to three quarters of its sides: 1 where the picture is to
  /// be made up. Shape [B, 1, H, W].
  private static func masks(_ shape: [Int], from first: Int, seed: UInt64) -> Tensor {
    let (height, width) = (shape[2], shape[3])
    return Tensor([shape[0], 1, height, width]) { out in
      out.update(repeating: 0)
      for image in 0..<shape[0] {
        let u = stepGenerator(seed: seed, step: first + image, use: "mask").uniform([4]).elements
        let size = (0.25 + 0.5 * u[0], 0.25 + 0.5 * u[1])
        let (top, left) = (u[2] * (1 - size.0), u[3] * (1 - size.1))
        for y in Int(top * Float(height))..<Int((top + size.0) * Float(height)) {
          for x in Int(left * Float(width))..<Int((left + size.1) * Float(width)) {
            out[(image * height + y) * width + x] = 1
          }
        }
      }
    }
  }
}

extension Tensor {
  /// The means of f×f blocks of [B, C, H, W]: [B, C, H/f, W/f].
  fileprivate func meanPooled(_ f: Int) -> Tensor {
    guard f > 1 else { return self }
    let (planes, height, width) = (shape[0] * shape[1], shape[2] / f, shape[3] / f)
    return Tensor([shape[0], shape[1], height, width]) { out in
      withUnsafeElements { x in
        for row in 0..<planes * height {
          for column in 0..<width {
            var sum: Float = 0
            for y in 0..<f {
              for i in 0..<f { sum += x[((row * f) + y) * width * f + column * f + i] }
            }
            out[row * width + column] = sum / Float(f * f)
          }
        }
      }
    }
  }
}
