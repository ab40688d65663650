import Foundation

/// What libraries say of their work to whoever listens on the same thread: nothing is passed down for
/// it, and nobody listens by default.
struct Hearing: Sendable {
  /// Which kind of thing is said.
  let key: String
  /// Whether those who listen outside hear what is said inside as well.
  let reachesOutside: Bool

  /// Does `work`; what is told on this thread goes to `listener`.
  func heard<Result>(
    by listener: @escaping (String) -> Void, in work: () throws -> Result
  ) rethrows -> Result {
    let thread = Thread.current.threadDictionary
    let outer = thread[key] as? Listener
    let reachesOutside = reachesOutside
    thread[key] = Listener {
      listener($0)
      if reachesOutside { outer?.hear($0) }
    }
    defer { thread[key] = outer }
    return try work()
  }

  /// Tells whoever listens.
  func tell(_ line: String) { (Thread.current.threadDictionary[key] as? Listener)?.hear(line) }

  private final class Listener {
    let hear: (String) -> Void

    init(_ hear: @escaping (String) -> Void) { self.hear = hear }
  }
}
