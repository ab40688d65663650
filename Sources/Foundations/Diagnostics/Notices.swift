/// What a person should know of a file that opened all the same: which variant was taken, what was
/// passed over.
///
/// A library tells; whoever called it decides where the lines go. Nobody listens by default.
///
///     let model = try heard(by: .notices { print($0) }) { try ModelFiles.open(path) }
public enum Notices {
  fileprivate static let hearing = Hearing<String>(
    key: "Diagnostics.Notices", reachesOutside: false)

  /// Tells whoever listens one line.
  public static func tell(_ line: String) { hearing.tell(line) }
}

extension Listener {
  /// Hears notices.
  /// - Parameter hear: takes one line without its end; it may be told the same line more than once.
  public static func notices(_ hear: @escaping (String) -> Void) -> Listener {
    Notices.hearing.listener(hear)
  }
}
