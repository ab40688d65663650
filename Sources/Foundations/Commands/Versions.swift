import Foundation

/// The versions that a manifest names, and `--version`.
public enum Versions {
  /// The one place of this project's own.
  static let inspector = "0.1.0"

  /// What `--version` prints.
  public static let line = "diffusion-inspector \(inspector)"

  static var all: [String: String] {
    [
      "diffusion-inspector": inspector, "swift": swift,
      "system": ProcessInfo.processInfo.operatingSystemVersionString,
    ]
  }

  private static var swift: String {
    #if compiler(>=6.4)
      "6.4 or later"
    #elseif compiler(>=6.3)
      "6.3"
    #elseif compiler(>=6.2)
      "6.2"
    #else
      "6.1"
    #endif
  }
}
