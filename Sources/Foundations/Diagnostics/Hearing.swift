import Foundation

/// What libraries say of their work to whoever listens on the same thread: nothing is passed down for
/// it, and nobody listens by default.
struct Hearing<Message>: Sendable {
  /// Which kind of thing is said.
  let key: String
  /// Whether those who listen outside hear what is said inside as well.
  let reachesOutside: Bool

  /// Does `work`; what is told on this thread goes to `listener`.
  func heard<Result>(
    by listener: @escaping (Message) -> Void, in work: () throws -> Result
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

  /// Tells whoever listens; where nobody does, the message is not even made.
  func tell(_ message: @autoclosure () -> Message) {
    (Thread.current.threadDictionary[key] as? Listener)?.hear(message())
  }

  private final class Listener {
    let hear: (Message) -> Void

    init(_ hear: @escaping (Message) -> Void) { self.hear = hear }
  }
}
