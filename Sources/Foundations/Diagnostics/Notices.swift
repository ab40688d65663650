/// What a person should know of a file that opened all the same: which variant was taken, what was
/// passed over.
///
/// A library tells; whoever called it decides where the lines go. Nobody listens by default.
///
///     Notices.$listener.withValue({ print($0) }) { try ModelFiles.open(path) }
public enum Notices {
  /// Takes one line without its end. It may be told the same line more than once.
  @TaskLocal public static var listener: (@Sendable (String) -> Void)?

  public static func tell(_ line: String) { listener?(line) }
}
