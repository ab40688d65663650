import Diagnostics
import Imaging
import Tensors

extension InspectorRun {
  /// Reads a picture that a person named and notes it among the inputs; the person hears what was
  /// done to it.
  /// - Parameters:
  ///   - path: of a PNG or JPEG file.
  ///   - transparency: what becomes of pixels that can be seen through.
  ///   - isLimited: whether the work cannot bear more than `PictureLimitError` says.
  /// - Returns: shape [1, 3, H, W], range [−1, 1].
  /// - Throws: `FileError`, `ImageError` or `PictureLimitError`.
  public func picture(
    _ path: String, _ transparency: PictureFile.Transparency = .overWhite, isLimited: Bool = false
  ) throws -> Tensor {
    let file = try PictureFile.read(path)
    for line in file.notices(transparency) { notice(line) }
    let picture = file.tensor(transparency)
    if isLimited { try PictureLimitError.check(picture, of: path) }
    return picture
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

/// A picture that is too large for work that carries some twenty arrays of its size, or a padded copy.
public struct PictureLimitError: PersonFacingError, Equatable {
  /// The most pixels on a side.
  public static let longestSide = 8192
  /// The most pixels.
  public static let largestArea = 2048 * 2048

  let path: String
  let height: Int
  let width: Int

  /// Looks whether a picture is too large.
  /// - Parameters:
  ///   - picture: shape [1, 3, H, W].
  ///   - path: its name.
  public static func check(_ picture: Tensor, of path: String) throws(PictureLimitError) {
    let (height, width) = (picture.shape[2], picture.shape[3])
    guard max(height, width) <= longestSide, height * width <= largestArea else {
      throw PictureLimitError(path: path, height: height, width: width)
    }
  }

  /// Bad data, 65.
  public var exitStatus: ExitStatus { .badData }

  /// What is wrong in one line: where, what was expected, what was found.
  public var description: String {
    "\(path): expected a picture of at most \(Self.largestArea) pixels, \(Self.longestSide) a side, "
      + "found \(width)×\(height); make it smaller"
  }
}
