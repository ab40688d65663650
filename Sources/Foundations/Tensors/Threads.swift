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

  /// Hands a closure to `concurrentPerform`, which returns only when every call has: the closure
  /// never outlives its caller, and `split` gives every call a range of its own.
  private struct UncheckedBody: @unchecked Sendable {
    let body: (Range<Int>) -> Void
  }
}
