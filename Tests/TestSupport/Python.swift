import Foundation

/// The Python of this machine, for checks that need it: `$PYTHON`, or `python3`.
public enum Python {
  /// Whether it is there and can import all of these.
  public static func has(_ modules: String...) -> Bool {
    (try? run("import \(modules.joined(separator: ", "))").status) == 0
  }

  /// - Parameter script: what it runs.
  public static func run(_ script: String) throws -> Executable.Outcome {
    let name = ProcessInfo.processInfo.environment["PYTHON"] ?? "python3"
    return try Executable(at: "/usr/bin/env").run([name, "-c", script])
  }
}
