import Foundation

/// How long the processor worked for this process, over all its threads: seconds of one core. What
/// else the machine does meanwhile is not counted.
enum CoreTime {
  static var now: Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }

  static func measuring<Result>(
    _ body: () throws -> Result
  ) rethrows -> (result: Result, seconds: Double) {
    let start = now
    let result = try body()
    return (result, now - start)
  }
}
