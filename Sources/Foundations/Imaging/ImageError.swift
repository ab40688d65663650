import Diagnostics

/// What can be wrong with an image that a person gave.
public enum ImageError: PersonFacingError, Equatable {
  /// The file is something else; `found` says what, in words.
  case notPNG(path: String, found: String)
  case tooManyPixels(path: String, width: Int, height: Int, limit: Int)
  case damaged(path: String, reason: String)

  public var exitStatus: ExitStatus { .badData }

  public var description: String {
    switch self {
    case .notPNG(let path, let found): "\(path): expected a PNG image, found \(found)"
    case .tooManyPixels(let path, let width, let height, let limit):
      "\(path): \(width)×\(height) pixels, more than the limit of \(limit) in all"
    case .damaged(let path, let reason): "\(path): damaged PNG image: \(reason)"
    }
  }
}
