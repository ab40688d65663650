import Synchronization

/// Somebody who hears one kind of what libraries tell: `.notices { print($0) }`.
public struct Listener {
  /// Who listens once this one does too.
  fileprivate let joined: (Audience) -> Audience
}

/// Does `work`; what it tells on this thread, and on those that do part of it, goes to the listeners, each of
/// which hears its own kind, one message at a time.
///
///     let model = try heard(by: .notices { print($0) }) { try ModelFiles.open(path) }
/// - Throws: what `work` throws.
public func heard<Result>(
  by listeners: Listener..., in work: () throws -> Result
) rethrows -> Result {
  try listeners.reduce(.here) { $1.joined($0) }.hears(work)
}

/// Those who listen to a piece of work: whoever has other threads do part of it takes them along.
package struct Audience: Sendable {
  @TaskLocal private static var current = Audience()
  fileprivate var ears: [String: any Sendable & AnyObject] = [:]

  /// Who listens on this thread.
  package static var here: Audience { current }

  /// Does `work`, which they hear on this thread.
  package func hears<Result>(_ work: () throws -> Result) rethrows -> Result {
    try Self.$current.withValue(self, operation: work)
  }
}

/// What libraries say of their work to whoever listens to it: nothing is passed down for it, and nobody
/// listens by default.
struct Hearing<Message>: Sendable {
  /// Which kind of thing is said.
  let key: String
  /// Whether those who listen outside hear what is said inside as well.
  let reachesOutside: Bool

  /// Somebody whom everything of this kind is told.
  func listener(_ hear: @escaping (Message) -> Void) -> Listener {
    Listener { [key, reachesOutside] audience in
      var audience = audience
      let outer = reachesOutside ? audience.ears[key] as? Ear : nil
      audience.ears[key] = Ear {
        hear($0)
        outer?.hear($0)
      }
      return audience
    }
  }

  /// Tells whoever listens; where nobody does, the message is not even made.
  func tell(_ message: @autoclosure () -> Message) {
    (Audience.here.ears[key] as? Ear)?.hear(message())
  }

  /// Its closure is called by one thread at a time, and not after the work that it listens to.
  private final class Ear: @unchecked Sendable {
    private let closure: (Message) -> Void
    private let turn = Mutex(())

    init(_ closure: @escaping (Message) -> Void) { self.closure = closure }

    func hear(_ message: Message) { turn.withLock { _ in closure(message) } }
  }
}
