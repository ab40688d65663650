import Imaging
import Storybook
import Tensors

/// The pictures besides the first that `image-set` and `mixture` know.
enum PictureSet {
  /// The standard deviation of the grain that `mixture` adds to each picture.
  static let grain = 0.1

  /// The named files, or storybook scenes when none is named, at the given size.
  /// - Parameter read: gives the picture in a file.
  /// - Throws: `FileError` or `ImageError`.
  static func load(
    _ paths: [String], height: Int, width: Int, read: (String) throws -> Tensor
  ) throws -> [Tensor] {
    guard paths.isEmpty else {
      return try paths.map { try read($0).covering(height: height, width: width) }
    }
    return drawn(7, height: height, width: width)
  }

  /// Storybook scenes, always the same ones.
  private static func drawn(_ count: Int, height: Int, width: Int) -> [Tensor] {
    let (sampler, renderer) = (SceneSampler(seed: 1), SceneRenderer(size: max(height, width)))
    return (0..<count).map {
      renderer.picture(of: sampler[$0]).covering(height: height, width: width)
    }
  }
}
