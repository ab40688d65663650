import Tensors

/// What an autoencoder learns from: storybook scenes, and textures with the statistics of
/// photographs among them.
///
/// Picture number i of a seed is always the same, as in `SceneBatches`.
public struct PictureMix: Sendable {
  /// Where the scenes come from.
  public let scenes: SceneBatches
  /// Where the textures come from.
  public let textures: DeadLeaves
  /// How many of the pictures are textures, 0…1.
  public let textureShare: Double
  private let seed: UInt64

  /// - Parameters:
  ///   - seed: what all pictures are drawn from.
  ///   - split: the two splits share no scene and no texture; nil draws scenes from both, and
  ///     textures that are in neither.
  ///   - size: pixels on each side.
  ///   - textureShare: how many of the pictures are textures, 0…1.
  public init(
    seed: UInt64, split: SceneSampler.Split? = .training, size: Int = 128,
    textureShare: Double = 0.3
  ) {
    precondition(0...1 ~= textureShare, "a share of \(textureShare)")
    scenes = SceneBatches(seed: seed, split: split, size: size)
    textures = DeadLeaves(size: size)
    self.textureShare = textureShare
    self.seed = SplitMix.mixed(seed &* 3 &+ (split == .training ? 0 : split == .heldOut ? 1 : 2))
  }

  /// Whether picture `index` is a texture.
  public func isTexture(_ index: Int) -> Bool {
    var random = SplitMix(seed: seed, index: UInt64(index))
    return random.unit() < textureShare
  }

  /// Pictures `indices`, from 0, drawn in parallel.
  /// - Returns: shape [B, 3, S, S], range [−1, 1].
  public func pictures(_ indices: Range<Int>) -> Tensor {
    let isTexture = indices.map(self.isTexture)
    let drawn = scenes.renderer.pictures(
      of: zip(indices, isTexture).filter { !$1 }.map { scenes.sampler[$0.0] })
    let woven = textures.pictures(
      seed: seed, numbers: zip(indices, isTexture).filter(\.1).map(\.0))
    let count = 3 * textures.size * textures.size
    return Tensor([indices.count] + drawn.shape.dropFirst()) { out in
      drawn.withUnsafeElements { drawn in
        woven.withUnsafeElements { woven in
          var taken = [false: 0, true: 0]
          for (place, texture) in isTexture.enumerated() {
            let start = taken[texture, default: 0] * count
            taken[texture, default: 0] += 1
            let source = (texture ? woven : drawn)[start..<start + count]
            _ = out[(place * count)..<(place + 1) * count].update(fromContentsOf: source)
          }
        }
      }
    }
  }
}
