import Foundation

/// Somebody who hears one kind of what libraries tell: `.notices { print($0) }`.
public struct Listener {
  /// Begins to listen on this thread.
  /// - Returns: what ends it.
  fileprivate let begin: () -> () -> Void
}

/// Does `work`; what it tells on this thread goes to the listeners, each of which hears its own kind.
///
///     let model = try heard(by: .notices { print($0) }) { try ModelFiles.open(path) }
/// - Throws: what `work` throws.
public func heard<Result>(
  by listeners: Listener..., in work: () throws -> Result
) rethrows -> Result {
  let ends = listeners.map { $0.begin() }
  defer { for end in ends.reversed() { end() } }
  return try work()
}

/// What libraries say of their work to whoever listens on the same thread: nothing is passed down for
/// it, and nobody listens by default.
struct Hearing<Message>: Sendable {
  /// Which kind of thing is said.
  let key: String
  /// Whether those who listen outside hear what is said inside as well.
  let reachesOutside: Bool

  /// Somebody whom everything of this kind is told.
  func listener(_ hear: @escaping (Message) -> Void) -> Listener {
    Listener { [self] in
      let thread = Thread.current.threadDictionary
      let outer = thread[key] as? Ear
      thread[key] = Ear { [reachesOutside] in
        hear($0)
        if reachesOutside { outer?.hear($0) }
      }
      return { [key] in thread[key] = outer }
    }
  }

  /// Tells whoever listens; where nobody does, the message is not even made.
  func tell(_ message: @autoclosure () -> Message) {
    (Thread.current.threadDictionary[key] as? Ear)?.hear(message())
  }

  private final class Ear {
    let hear: (Message) -> Void

    init(_ hear: @escaping (Message) -> Void) { self.hear = hear }
  }
}
