import Diagnostics

/// What can be wrong with an image that a person gave.
public enum ImageError: PersonFacingError, Equatable {
  /// The file is something else; `found` says what, in words, and `conversion` is the command that
  /// makes a PNG of it.
  case notAPicture(path: String, found: String, conversion: String? = nil)
  /// Width times height is more than `limit`; nothing was decoded.
  case tooManyPixels(path: String, width: Int, height: Int, limit: Int)
  /// A PNG or JPEG that breaks the rules of its format.
  case damaged(path: String, format: String, reason: String)

  /// Bad data, 65.
  public var exitStatus: ExitStatus { .badData }

  /// What is wrong in one line: which file, what was expected, what was found.
  public var description: String {
    switch self {
    case .notAPicture(let path, let found, let conversion):
      "\(path): expected \(PictureFile.expected), found \(found)"
        + (conversion.map { "; to convert it: \($0)" } ?? "")
    case .tooManyPixels(let path, let width, let height, let limit):
      "\(path): \(width)×\(height) pixels, more than the limit of \(limit) in all"
    case .damaged(let path, let format, let reason): "\(path): damaged \(format) image: \(reason)"
    }
  }
}
