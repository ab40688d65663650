import Foundation

/// What `work` takes the processor on the thread that asks: other tests and other programs, which share
/// the machine, do not count. To tell work that grows with its input from work that grows with its square.
public func processorTime(_ work: () throws -> Void) rethrows -> Duration {
  func now() -> Duration {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
  }
  let start = now()
  try work()
  return now() - start
}
