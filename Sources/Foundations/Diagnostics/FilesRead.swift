import Foundation

/// The files that a piece of work reads, told by whatever opens them: a run can then say of each what
/// it held, and no command can forget one.
public enum FilesRead {
  /// Does `work`; each file that it opens on this thread is told to `listener`, and to whoever listens
  /// outside.
  /// - Parameters:
  ///   - listener: takes a path; it may be told the same one more than once.
  ///   - work: what is listened to.
  /// - Throws: what `work` throws.
  public static func heard<Result>(
    by listener: @escaping (String) -> Void, in work: () throws -> Result
  ) rethrows -> Result {
    let thread = Thread.current.threadDictionary
    let outer = thread[key] as? Listener
    thread[key] = Listener {
      listener($0)
      outer?.hear($0)
    }
    defer { thread[key] = outer }
    return try work()
  }

  /// Tells that a file was opened to be read.
  public static func tell(_ path: String) {
    (Thread.current.threadDictionary[key] as? Listener)?.hear(path)
  }

  private static let key = "Diagnostics.FilesRead.listener"

  private final class Listener {
    let hear: (String) -> Void

    init(_ hear: @escaping (String) -> Void) { self.hear = hear }
  }
}
