import CKernels
import Diagnostics
import Dispatch
import Foundation
import Synchronization

/// How many threads computations may use.
public enum Threads {
  private static let limit = Atomic(ProcessInfo.processInfo.activeProcessorCount)

  /// What `with` said to the work that asks.
  @TaskLocal private static var ownLimit: Int?

  /// The most threads that are used: as many as the process may run on, unless `use` or `with` said
  /// otherwise.
  public static var count: Int { ownLimit ?? limit.load(ordering: .relaxed) }

  /// How many the work of the thread that asks is shared by: 1 within a piece of what is shared already.
  package static var here: Int { ck_is_within_part() == 0 ? count : 1 }

  /// - Precondition: `count` is at least 1.
  public static func use(_ count: Int) {
    precondition(count >= 1, "at least one thread is needed, not \(count)")
    limit.store(count, ordering: .relaxed)
  }

  /// The result of `body`, whose work is shared by at most `count` threads; that of others stays as it is.
  /// - Precondition: `count` is at least 1.
  package static func with<R>(_ count: Int, _ body: () throws -> R) rethrows -> R {
    precondition(count >= 1, "at least one thread is needed, not \(count)")
    return try $ownLimit.withValue(count, operation: body)
  }

  /// Runs `body` over consecutive ranges that together cover 0..<count, in parallel.
  ///
  /// The ranges are disjoint, so each may write its own part of an output. What `body` splits itself is
  /// computed by its own thread alone: the outermost pieces are the largest.
  /// - Parameters:
  ///   - count: how many rows there are.
  ///   - grain: the fewest rows that are worth a thread.
  package static func split(_ count: Int, grain: Int, _ body: (Range<Int>) -> Void) {
    let parts = min(self.count, max(count / max(grain, 1), 1))
    guard parts > 1 else { return body(0..<count) }
    withoutActuallyEscaping(body) { body in
      // The workers use the same instructions as the thread that asks.
      let limit = ck_isa_limit()
      let work = Work { part in
        let before = ck_isa_limit()
        ck_limit_isa(limit)
        defer { ck_limit_isa(before) }
        body(part * count / parts..<(part + 1) * count / parts)
      }
      work.run(parts)
    }
  }

  /// Runs `body` for each index in 0..<count, in parallel; a thread takes the next index when it is
  /// done with one. For work of uneven or unknown length; the same rules as for `split`.
  /// - Parameters:
  ///   - count: how many indices there are.
  ///   - isWorthThreads: false does them in order.
  package static func each(_ count: Int, _ isWorthThreads: Bool = true, _ body: (Int) -> Void) {
    guard isWorthThreads, min(self.count, count) > 1 else { return (0..<count).forEach(body) }
    let next = Atomic(0)
    split(min(self.count, count), grain: 1) { _ in
      while true {
        let index = next.add(1, ordering: .relaxed).oldValue
        guard index < count else { return }
        body(index)
      }
    }
  }

  /// The results of `body` for each index in 0..<count, computed as by `each`. For large pieces of work: who
  /// listens to the caller hears what each of them tells.
  /// - Throws: what one of them throws, the first of those that did; no more are begun then.
  package static func map<Value: Sendable, Failure>(
    _ count: Int, _ body: (Int) throws(Failure) -> Value
  ) throws(Failure) -> [Value] {
    let outcomes = Mutex([Result<Value, Failure>?](repeating: nil, count: count))
    let audience = Audience.here
    let hasFailed = Atomic(false)
    each(count) { index in
      guard !hasFailed.load(ordering: .relaxed) else { return }
      let outcome = audience.hears { Result { () throws(Failure) in try body(index) } }
      if case .failure = outcome { hasFailed.store(true, ordering: .relaxed) }
      outcomes.withLock { $0[index] = outcome }
    }
    var values: [Value] = []
    for outcome in outcomes.withLock({ $0 }) {
      if let outcome { values.append(try outcome.get()) }
    }
    return values
  }

  /// A closure that other threads call: it never outlives its caller, for `run` returns only when every
  /// call has, and `split` gives every call a range of its own.
  private struct Work: @unchecked Sendable {
    let body: (Int) -> Void

    func run(_ parts: Int) {
      let part: ck_part = { $0?.assumingMemoryBound(to: Work.self).pointee.body($1) }
      withUnsafePointer(to: self) { work in
        nonisolated(unsafe) let work = UnsafeMutableRawPointer(mutating: work)
        guard ck_in_parallel(parts, part, work) == 0 else { return }
        // The workers are busy with what another thread asked.
        DispatchQueue.concurrentPerform(iterations: parts) { ck_do_part(part, work, $0) }
      }
    }
  }
}
