import Imaging
import Tensors

extension InspectorRun {
  /// Reads a picture that a person named and notes it among the inputs; the person hears what was
  /// done to it.
  /// - Parameters:
  ///   - path: of a PNG or JPEG file.
  ///   - transparency: what becomes of pixels that can be seen through.
  ///   - isLimited: whether the work cannot bear more than `PictureLimit`, to which it is then fitted.
  /// - Returns: shape [1, 3, H, W], range [−1, 1].
  /// - Throws: `FileError` or `ImageError`.
  public func picture(
    _ path: String, _ transparency: PictureFile.Transparency = .overWhite, isLimited: Bool = false
  ) throws -> Tensor {
    let file = try PictureFile.read(path)
    for line in file.notices(transparency) { notice(line) }
    let picture = file.tensor(transparency)
    let (height, width) = PictureLimit.size(height: picture.shape[2], width: picture.shape[3])
    guard isLimited, picture.shape.suffix(2) != [height, width] else { return picture }
    noticeFit(
      of: path, picture, height: height, width: width, because: "as much as is carried at once")
    return picture.resized(height: height, width: width).clamped(to: -1...1)
  }

  /// Says when a picture is worked on at another size than its own.
  /// - Parameters:
  ///   - path: the picture's name.
  ///   - picture: as it was read, shape [1, 3, H, W].
  ///   - height: in pixels, of what is worked on.
  ///   - width: in pixels, of what is worked on.
  ///   - reason: why it is fitted: "multiples of f = 8".
  public func noticeFit(
    of path: String, _ picture: Tensor, height: Int, width: Int, because reason: String
  ) {
    let own = Array(picture.shape.suffix(2))
    guard own != [height, width] else { return }
    notice("\(path): \(own[1])×\(own[0]) pixels are fitted to \(width)×\(height), \(reason)")
  }
}

/// The largest picture for work that carries some twenty arrays of its size, or a padded copy.
package enum PictureLimit {
  /// The most pixels on a side.
  package static let longestSide = 8192
  /// The most pixels.
  package static let largestArea = 2048 * 2048

  /// The largest size of the same shape, and at least a pixel a side; its own where that is not too large.
  package static func size(height: Int, width: Int) -> (height: Int, width: Int) {
    let scale = min(
      1, Double(longestSide) / Double(max(height, width)),
      (Double(largestArea) / (Double(height) * Double(width))).squareRoot())
    return (max(1, Int(Double(height) * scale)), max(1, Int(Double(width) * scale)))
  }
}
