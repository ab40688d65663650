/// What a person should know of a file that opened all the same: which variant was taken, what was
/// passed over.
///
/// A library tells; whoever called it on the same thread decides where the lines go. Nobody listens
/// by default.
///
///     let model = try Notices.heard(by: { print($0) }, in: { try ModelFiles.open(path) })
public enum Notices {
  private static let hearing = Hearing<String>(key: "Diagnostics.Notices", reachesOutside: false)

  /// Does `work`; what it tells on this thread goes to `listener`.
  /// - Parameters:
  ///   - listener: takes one line without its end; it may be told the same line more than once.
  ///   - work: what is listened to.
  /// - Throws: what `work` throws.
  public static func heard<Result>(
    by listener: @escaping (String) -> Void, in work: () throws -> Result
  ) rethrows -> Result { try hearing.heard(by: listener, in: work) }

  /// Tells whoever listens one line.
  public static func tell(_ line: String) { hearing.tell(line) }
}
