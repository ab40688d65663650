import Diagnostics
import Foundation

/// The files that come along with the commands: pictures and models.
public enum Shipped {
  /// The storybook Stable Diffusion, a diffusers folder.
  /// - Throws: `FileError.missing`.
  public static func model() throws -> String { try path("fixtures/model") }

  /// Finds a file of the repository from wherever a command runs: from the current folder, or from
  /// the executable's place upwards.
  /// - Throws: `FileError.missing`.
  public static func path(_ relative: String) throws -> String {
    let files = FileManager.default
    if files.fileExists(atPath: relative) { return relative }
    var folder = URL(fileURLWithPath: CommandLine.arguments.first ?? ".").resolvingSymlinksInPath()
    while folder.path != "/" {
      folder.deleteLastPathComponent()
      let candidate = folder.appendingPathComponent(relative).path
      if files.fileExists(atPath: candidate) { return candidate }
    }
    throw FileError.missing(path: relative)
  }
}
