import ArgumentParser
import Diffusion
import Imaging
import Storybook
import Tensors

/// The data of predictors that know it: a few pictures, and perhaps grain on top of them.
public enum KnownPictures {
  /// The standard deviation of the grain that a mixture adds to each picture.
  public static let grain = 0.1
  /// The longest side of a scene that is drawn, in pixels; for a longer one it is enlarged.
  private static let longestSide = 2048

  /// A picture and others of its size.
  /// - Parameters:
  ///   - first: shape [1, 3, H, W], range [−1, 1].
  ///   - paths: of the others; seven storybook scenes, always the same ones, when none is named.
  ///   - read: gives the picture in a file.
  /// - Returns: shape [K, 3, H, W], the first one first.
  /// - Throws: what `read` throws.
  public static func load(
    besides first: Tensor, _ paths: [String], read: (String) throws -> Tensor
  ) rethrows -> Tensor {
    let (height, width) = (first.shape[2], first.shape[3])
    let others =
      try paths.isEmpty
      ? drawn(7, size: min(max(height, width), longestSide)) : paths.map(read)
    return .concatenated(
      [first] + others.map { $0.covering(height: height, width: width) }, along: 0)
  }

  private static func drawn(_ count: Int, size: Int) -> [Tensor] {
    let (sampler, renderer) = (SceneSampler(seed: 1), SceneRenderer(size: size))
    return (0..<count).map { renderer.picture(of: sampler[$0]) }
  }

  /// The pictures as data of which each is as likely as any other.
  /// - Parameters:
  ///   - pictures: shape [K, 3, H, W].
  ///   - hasGrain: whether grain lies on them.
  public static func mixture(of pictures: Tensor, hasGrain: Bool) -> GaussianMixture {
    let variance = hasGrain ? grain * grain : 0
    return GaussianMixture(
      means: pictures,
      variances: .isotropic(Array(repeating: variance, count: pictures.shape[0])))
  }
}

extension FixedVariance: ExpressibleByArgument {}
