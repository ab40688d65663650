/// The files that a piece of work reads, told by whatever opens them: a run can then say of each what
/// it held, and no command can forget one.
public enum FilesRead {
  private static let hearing = Hearing(key: "Diagnostics.FilesRead", reachesOutside: true)

  /// Does `work`; each file that it opens on this thread is told to `listener`, and to whoever listens
  /// outside.
  /// - Parameters:
  ///   - listener: takes a path; it may be told the same one more than once.
  ///   - work: what is listened to.
  /// - Throws: what `work` throws.
  public static func heard<Result>(
    by listener: @escaping (String) -> Void, in work: () throws -> Result
  ) rethrows -> Result { try hearing.heard(by: listener, in: work) }

  /// Tells that a file was opened to be read.
  public static func tell(_ path: String) { hearing.tell(path) }
}
