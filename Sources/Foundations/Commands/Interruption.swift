import Dispatch
import Synchronization

/// Ctrl-C for work that wants to end well: while it is deferred, the first one only asks, and a
/// second one ends the process as it does elsewhere.
public enum Interruption {
  private static let isDeferred = Atomic(false)
  /// When somebody asked first, in nanoseconds; 0 while nobody did.
  private static let firstAsked = Atomic(UInt64(0))
  /// The number of the signal that asked first.
  private static let signal = Atomic(Int32(0))
  private static let words = Mutex<String?>(nil)

  /// What becomes of the process after an interruption, and what a person is told of it.
  enum Answer: Equatable {
    /// It goes on; nothing is told of an interruption that is the first once more.
    case goesOn(telling: String?)
    /// It ends; nothing is told where nothing is lost that somebody could go on from.
    case ends(telling: String?)
  }

  /// Runs `body` with interruptions deferred; it looks at `isRequested` now and then.
  public static func deferred<Result>(_ body: () throws -> Result) rethrows -> Result {
    isDeferred.store(true, ordering: .relaxed)
    defer { isDeferred.store(false, ordering: .relaxed) }
    return try body()
  }

  /// Whether somebody asked to stop.
  public static var isRequested: Bool { firstAsked.load(ordering: .relaxed) != 0 }

  /// What is told from here on when an interruption ends the process.
  /// - Parameter text: without a full stop: "interrupted before the results were written".
  public static func endsSaying(_ text: String) { words.withLock { $0 = text } }

  /// The status of a process that ended well but early, because somebody asked: 128 + signal, as that
  /// of a process that a signal ends.
  static var exitStatus: Int32 { 128 + signal.load(ordering: .relaxed) }

  /// Notes an interruption. Some senders tell a process and its group: what comes at once is one.
  /// - Parameter number: of the signal.
  static func request(_ number: Int32) -> Answer {
    guard isDeferred.load(ordering: .relaxed) else { return .ends(telling: words.withLock(\.self)) }
    let now = DispatchTime.now().uptimeNanoseconds
    let first = firstAsked.compareExchange(expected: 0, desired: now, ordering: .relaxed)
    guard first.exchanged else {
      return now - first.original < 500_000_000
        ? .goesOn(telling: nil) : .ends(telling: words.withLock(\.self))
    }
    signal.store(number, ordering: .relaxed)
    return .goesOn(
      telling: "stops when the step at work is done and saves; interrupted again it ends at once")
  }
}
