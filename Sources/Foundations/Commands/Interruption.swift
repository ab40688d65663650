import Synchronization

/// Ctrl-C for work that wants to end well: while it is deferred, the first one only asks, and a
/// second one ends the process as it does elsewhere.
public enum Interruption {
  private static let isDeferred = Atomic(false)
  private static let wasAsked = Atomic(false)

  /// Runs `body` with interruptions deferred; it looks at `isRequested` now and then.
  public static func deferred<Result>(_ body: () throws -> Result) rethrows -> Result {
    isDeferred.store(true, ordering: .relaxed)
    defer { isDeferred.store(false, ordering: .relaxed) }
    return try body()
  }

  /// Whether somebody asked to stop.
  public static var isRequested: Bool { wasAsked.load(ordering: .relaxed) }

  /// Notes an interruption.
  /// - Returns: whether the process goes on.
  static func request() -> Bool {
    let isFirst = !wasAsked.exchange(true, ordering: .relaxed)
    return isFirst && isDeferred.load(ordering: .relaxed)
  }
}
