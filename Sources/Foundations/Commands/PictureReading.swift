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
}
