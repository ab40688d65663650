import Diagnostics
import Foundation
import Records

/// The files that are bundled with the commands: pictures and models.
public enum Shipped {
  /// The storybook Stable Diffusion, a diffusers folder.
  /// - Throws: `ShippedFileError`.
  public static func model() throws -> String { try path("fixtures/model") }

  /// Finds a bundled file, from wherever a command runs: see `Installation`.
  /// - Parameter relative: its path in the repository.
  /// - Throws: `ShippedFileError`.
  public static func path(_ relative: String) throws -> String {
    let place = Installation.current
    guard let path = place.file(relative) else {
      throw ShippedFileError(file: relative, place: place)
    }
    return path
  }
}

/// A file that should be bundled and is not there.
public struct ShippedFileError: PersonFacingError, Equatable {
  /// Its path in the repository.
  public let file: String
  /// How it comes back.
  public let remedy: String

  /// Missing input, 66.
  public var exitStatus: ExitStatus { .missingInput }

  /// What is wrong in one line: where, what was expected, what was found.
  public var description: String {
    "\(file): expected among the bundled files, found nothing: \(remedy)"
  }

  init(file: String, place: Installation) {
    self.file = file
    if FileManager.default.fileExists(atPath: place.share.path) {
      remedy =
        "`make install` in the repository puts it into \(place.share.path) again"
    } else if let repository = place.repository {
      remedy = "`git checkout -- fixtures` in \(repository.path) brings it back"
    } else {
      remedy = "run the command from the repository, or install it with `make install PREFIX=DIR`"
    }
  }
}
