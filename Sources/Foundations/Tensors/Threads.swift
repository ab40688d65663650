import COpenBLAS
import Dispatch
import Foundation

/// How many threads the kernels and OpenBLAS may use. Set once, before the first computation.
public enum Threads {
  nonisolated(unsafe) private static var limit = ProcessInfo.processInfo.activeProcessorCount

  public static var count: Int { limit }

  /// - Precondition: `count` is at least 1.
  public static func use(_ count: Int) {
    precondition(count >= 1, "at least one thread is needed, not \(count)")
    limit = count
    openblas_set_num_threads(Int32(count))
  }

  /// Runs `body` over consecutive ranges that together cover 0..<count, in parallel.
  ///
  /// The ranges are disjoint, so each may write its own part of an output. Never call BLAS in
  /// `body`: it has threads of its own.
  /// - Parameters:
  ///   - count: how many rows there are.
  ///   - grain: the fewest rows that are worth a thread.
  package static func split(_ count: Int, grain: Int, _ body: (Range<Int>) -> Void) {
    let parts = min(limit, max(count / max(grain, 1), 1))
    guard parts > 1 else { return body(0..<count) }
    withoutActuallyEscaping(body) { body in
      let unchecked = UncheckedBody(body: body)
      DispatchQueue.concurrentPerform(iterations: parts) { part in
        unchecked.body(part * count / parts..<(part + 1) * count / parts)
      }
    }
  }

  /// Runs `body` for each index in 0..<count, in parallel; a thread takes the next index when it is
  /// done with one. For work of uneven or unknown length; the same rules as for `split`.
  package static func each(_ count: Int, _ body: (Int) -> Void) {
    guard min(limit, count) > 1 else { return (0..<count).forEach(body) }
    let next = Counter()
    split(min(limit, count), grain: 1) { _ in
      while let index = next.take(below: count) { body(index) }
    }
  }

  /// Hands out consecutive numbers.
  private final class Counter: @unchecked Sendable {
    private let lock = NSLock()
    private var next = 0
    func take(below count: Int) -> Int? {
      lock.withLock {
        defer { next += 1 }
        return next < count ? next : nil
      }
    }
  }

  /// Hands a closure to `concurrentPerform`, which returns only when every call has: the closure
  /// never outlives its caller, and `split` gives every call a range of its own.
  private struct UncheckedBody: @unchecked Sendable {
    let body: (Range<Int>) -> Void
  }
}
