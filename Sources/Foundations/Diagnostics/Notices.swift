import Foundation

/// What a person should know of a file that opened all the same: which variant was taken, what was
/// passed over.
///
/// A library tells; whoever called it on the same thread decides where the lines go. Nobody listens
/// by default.
///
///     let model = try Notices.heard(by: { print($0) }, in: { try ModelFiles.open(path) })
public enum Notices {
  /// Does `work`; what it tells on this thread goes to `listener`.
  /// - Parameters:
  ///   - listener: takes one line without its end; it may be told the same line more than once.
  ///   - work: what is listened to.
  /// - Throws: what `work` throws.
  public static func heard<Result>(
    by listener: @escaping (String) -> Void, in work: () throws -> Result
  ) rethrows -> Result {
    let thread = Thread.current.threadDictionary
    let outer = thread[key]
    thread[key] = Listener(hear: listener)
    defer { thread[key] = outer }
    return try work()
  }

  /// Tells whoever listens one line.
  public static func tell(_ line: String) {
    (Thread.current.threadDictionary[key] as? Listener)?.hear(line)
  }

  private static let key = "Diagnostics.Notices.listener"

  private final class Listener {
    let hear: (String) -> Void

    init(hear: @escaping (String) -> Void) { self.hear = hear }
  }
}
