import Tensors

/// The storybook as a data set: scene number i of a seed, with its picture and its caption.
///
/// Nothing is stored and there is no order to keep: a scene is drawn when it is asked for, and is the
/// same however many threads draw and whatever else is in the batch.
public struct SceneBatches: Sendable {
  /// Which scenes there are.
  public let sampler: SceneSampler
  /// What draws them.
  public let renderer: SceneRenderer

  /// - Parameters:
  ///   - seed: what all scenes are drawn from.
  ///   - split: nil draws from both.
  ///   - size: pixels on each side.
  public init(seed: UInt64, split: SceneSampler.Split? = .training, size: Int = 128) {
    sampler = SceneSampler(seed: seed, split: split)
    renderer = SceneRenderer(size: size)
  }

  /// Scenes `indices`, from 0.
  public func scenes(_ indices: Range<Int>) -> [Scene] { indices.map { sampler[$0] } }

  /// Scenes `indices` with pictures and captions.
  /// - Parameters:
  ///   - indices: numbers of scenes, from 0.
  ///   - withMasks: also what every pixel shows; drawing then takes about twice as long.
  public func batch(_ indices: Range<Int>, withMasks: Bool = false) -> SceneBatch {
    let scenes = scenes(indices)
    guard withMasks else {
      return SceneBatch(scenes: scenes, pictures: renderer.pictures(of: scenes), shares: nil)
    }
    let layers = renderer.layers(of: scenes)
    return SceneBatch(scenes: scenes, pictures: layers.pictures, shares: layers.shares)
  }
}

/// Some scenes, drawn.
public struct SceneBatch: Sendable {
  /// In the order of their numbers.
  public let scenes: [Scene]
  /// Shape [B, 3, S, S], range [−1, 1].
  public let pictures: Tensor
  /// How much of each pixel shows sky, sky item, ground, first and second object: shape
  /// [B, 5, S, S], range [0, 1]; nil where nobody asked for it.
  public let shares: Tensor?

  /// The caption of each scene.
  public var captions: [Caption] { scenes.map(\.caption) }

  /// Where a word of the caption of scene `index` can be seen: shape [S, S], range [0, 1].
  /// - Precondition: the batch has masks.
  public func mask(of subject: Caption.Subject, at index: Int) -> Tensor {
    guard let shares else { preconditionFailure("a batch without masks") }
    let size = Array(shares.shape.dropFirst(2))
    return SceneLayers(
      picture: pictures.rows(index..<index + 1),
      shares: shares.rows(index..<index + 1).reshaped([shares.shape[1]] + size)
    ).mask(for: subject)
  }
}
