import Imaging
import Tensors

extension InspectorRun {
  /// Reads a picture that a person named and notes it among the inputs; the person hears what was
  /// done to it.
  /// - Parameter transparency: what becomes of pixels that can be seen through.
  /// - Returns: shape [1, 3, H, W], range [−1, 1].
  /// - Throws: `FileError` or `ImageError`.
  public func picture(
    _ path: String, _ transparency: PictureFile.Transparency = .overWhite
  ) throws -> Tensor {
    let file = try PictureFile.read(path)
    try noteInput(path)
    for line in file.notices(transparency) { notice(line) }
    return file.tensor(transparency)
  }
  /// Says when a picture is worked on at another size than its own.
  /// - Parameters:
  ///   - path: the picture's name.
  ///   - picture: as it was read, shape [1, 3, H, W].
  ///   - reason: why it is fitted: "multiples of f = 8".
  public func noticeFit(
    of path: String, _ picture: Tensor, height: Int, width: Int, because reason: String
  ) {
    let own = Array(picture.shape.suffix(2))
    guard own != [height, width] else { return }
    notice("\(path): \(own[1])×\(own[0]) pixels are fitted to \(width)×\(height), \(reason)")
  }
}
