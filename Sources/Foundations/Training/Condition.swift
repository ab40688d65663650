import Diffusion
import LatentDiffusion
import Storybook
import Tensors

/// What a model is told of a picture, and by which way (LDM, arXiv:2112.10752, §3.3, Figure 3): words
/// and boxes reach it by cross-attention, a class with the time, and what has the picture's shape is
/// joined to z_t as channels.
package enum Condition: String, CaseIterable, Sendable {
  /// Nothing.
  case nothing = "none"
  case caption
  /// The kind of the first object as one of six classes, and no words.
  case classLabel = "class"
  /// Boxes with what they hold, and no words.
  case layout
  /// The caption, and the picture without a part of it, for inpainting.
  case mask
  /// The caption, and the picture at the size of its latent, for super-resolution.
  case lowResolution = "low-resolution"
  /// The caption, and how much of each place shows sky, sky item, ground and objects.
  case semanticMap = "semantic-map"

  /// Whether the model is told a caption.
  package var usesCaptions: Bool {
    switch self {
    case .nothing, .classLabel, .layout: false
    case .caption, .mask, .lowResolution, .semanticMap: true
    }
  }

  /// Whether training must know what every pixel shows.
  package var needsMasks: Bool { self == .semanticMap || self == .layout }

  /// The label of a picture whose class is not told, which guidance leads away from.
  package static let noClass = ObjectKind.allCases.count

  /// How many labels there are, where there are labels: kinds of objects and `noClass`; or how noisy
  /// the low-resolution picture is.
  package var labelCount: Int? {
    switch self {
    case .classLabel: Self.noClass + 1
    case .lowResolution: NoiseAugmentation.levels
    default: nil
    }
  }

  /// The class of a scene: the kind of its first object.
  package static func label(of scene: Scene) -> Int {
    ObjectKind.allCases.firstIndex(of: scene.content.objects[0].kind) ?? 0
  }

  /// How many channels are joined to a latent of z channels.
  package func channels(latent z: Int) -> Int {
    switch self {
    case .nothing, .caption, .classLabel, .layout: 0
    case .mask: 1 + z
    case .lowResolution: 3
    case .semanticMap: 5
    }
  }

  /// The joined channels of scenes `first`..., [B, C, h, w]; nil where there are none.
  package func concatenated(
    _ batch: SceneBatch, from first: Int, seed: UInt64, firstStage: FirstStage
  ) -> Tensor? {
    let f = firstStage.downsamplingFactor
    switch self {
    case .nothing, .caption, .classLabel, .layout: return nil
    case .lowResolution: return batch.pictures.meanPooled(f)
    case .semanticMap:
      guard let shares = batch.shares else { preconditionFailure("a semantic map needs masks") }
      return shares.meanPooled(f)
    case .mask:
      let masks = Self.masks(batch.pictures.shape, from: first, seed: seed)
      let kept = firstStage.meanLatent(MaskedPicture.hidden(batch.pictures, by: masks))
      return .concatenated([MaskedPicture.shrunk(masks, by: f), kept], along: 1)
    }
  }

  /// One rectangle per picture, a quarter to three quarters of its sides: 1 where the picture is to
  /// be made up. Shape [B, 1, H, W].
  package static func masks(_ shape: [Int], from first: Int, seed: UInt64) -> Tensor {
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
  package func meanPooled(_ f: Int) -> Tensor {
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

/// Noise on the low-resolution picture that super-resolution is conditioned on, so that the model
/// does not trust its faults (Ho et al. 2021, arXiv:2106.15282, §4; LDM's upscaler likewise): how
/// much of it, the model is told as a label.
package enum NoiseAugmentation {
  /// DDPM's ends, √β in equal steps: what diffusers' `low_res_scheduler` is to be set to.
  package static let schedule = NoiseSchedule.scaledLinear(from: 1e-4, to: 0.02, count: 1000)
  /// How many levels of noise there are, the first nearly without any.
  package static let levels = 350

  /// Levels for training, low ones more often: half of them among the first quarter, as most pictures
  /// that people bring have little noise.
  package static func draw(_ count: Int, generator: TorchGenerator) -> [Int] {
    generator.uniform([count]).elements.map { Int($0 * $0 * Float(levels)) }
  }

  /// The pictures, [B, 3, h, w], with noise of as many levels.
  package static func noisy(_ pictures: Tensor, at levels: [Int], noise: Tensor) -> Tensor {
    .concatenated(
      levels.enumerated().map { row, level in
        schedule.level(at: level).noisy(
          original: pictures.rows(row..<row + 1), noise: noise.rows(row..<row + 1))
      }, along: 0)
  }
}
