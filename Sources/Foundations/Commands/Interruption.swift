import Dispatch
import Synchronization

/// Ctrl-C for work that wants to end well: while it is deferred, the first one only asks, and a
/// second one ends the process as it does elsewhere.
public enum Interruption {
  private static let isDeferred = Atomic(false)
  /// When somebody asked first, in nanoseconds; 0 while nobody did.
  private static let firstAsked = Atomic(UInt64(0))

  /// The line that is told when an interruption ends the process; nil for none.
  static let lastWords = Mutex<String?>(nil)

  /// Runs `body` with interruptions deferred; it looks at `isRequested` now and then.
  public static func deferred<Result>(_ body: () throws -> Result) rethrows -> Result {
    isDeferred.store(true, ordering: .relaxed)
    defer { isDeferred.store(false, ordering: .relaxed) }
    return try body()
  }

  /// Whether somebody asked to stop.
  public static var isRequested: Bool { firstAsked.load(ordering: .relaxed) != 0 }

  /// Notes an interruption. Some senders tell a process and its group: what comes at once is one.
  /// - Returns: whether the process goes on.
  static func request() -> Bool {
    guard isDeferred.load(ordering: .relaxed) else { return false }
    let now = DispatchTime.now().uptimeNanoseconds
    let first = firstAsked.compareExchange(expected: 0, desired: now, ordering: .relaxed)
    return first.exchanged || now - first.original < 500_000_000
  }
}
