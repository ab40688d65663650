import Imaging
import Tensors

extension InspectorRun {
  /// Reads a picture that a person named and notes it among the inputs; the person hears what was
  /// done to it.
  /// - Parameters:
  ///   - path: of a PNG or JPEG file.
  ///   - transparency: what becomes of pixels that can be seen through.
  ///   - most: the pixels that the work can bear, to which a larger picture is fitted; nil for any number.
  /// - Returns: shape [1, 3, H, W], range [−1, 1].
  /// - Throws: `FileError` or `ImageError`.
  public func picture(
    _ path: String, _ transparency: PictureFile.Transparency = .overWhite, most: Int? = nil
  ) throws -> Tensor {
    let file = try PictureFile.read(path)
    for line in file.notices(transparency) { notice(line) }
    let picture = file.tensor(transparency)
    guard let most else { return picture }
    let (height, width) = PictureLimit.size(
      height: picture.shape[2], width: picture.shape[3], most: most)
    guard picture.shape.suffix(2) != [height, width] else { return picture }
    let isLong = max(height, width) == PictureLimit.longestSide
    noticeFit(
      of: path, picture, height: height, width: width,
      because: isLong
        ? "\(PictureLimit.longestSide) pixels on a side at most"
        : "\(most) pixels at most, of which many copies are kept")
    return picture.resized(height: height, width: width).clamped(to: -1...1)
  }

  /// Notes for the manifest at which size the run works on its picture: its own, or what that was fitted to.
  /// - Parameters:
  ///   - height: in pixels.
  ///   - width: in pixels.
  public func works(height: Int, width: Int) {
    setting("height", .whole(height))
    setting("width", .whole(width))
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

/// The largest picture for work that carries many arrays of its size.
package enum PictureLimit {
  /// The most pixels on a side.
  package static let longestSide = 8192

  /// The largest size of the same shape, and at least a pixel a side; its own where that is not too large.
  /// - Parameters:
  ///   - height: the picture's.
  ///   - width: the picture's.
  ///   - most: how many pixels it may have.
  package static func size(height: Int, width: Int, most: Int) -> (height: Int, width: Int) {
    let scale = min(
      1, Double(longestSide) / Double(max(height, width)),
      (Double(most) / (Double(height) * Double(width))).squareRoot())
    return (max(1, Int(Double(height) * scale)), max(1, Int(Double(width) * scale)))
  }
}
