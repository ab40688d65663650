import Foundation
import Synchronization

/// How much memory the process holds at its worst: in all, and for one piece of work.
public enum PeakMemory {
  /// The process's largest resident set so far, in bytes.
  public static var ofProcess: Int {
    var usage = rusage()
    #if os(Linux)
      // What getrusage tells of a process includes its parent's peak before the start.
      let own = largestOfProcess
      guard own == 0 else { return own }
      getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
      return usage.ru_maxrss * 1024
    #else
      getrusage(RUSAGE_SELF, &usage)
      return usage.ru_maxrss
    #endif
  }

  /// Runs `body`.
  /// - Returns: its result, and how many bytes more than before it held at its worst. Exact where the
  ///   process never held more before; otherwise the most that was seen by looking every millisecond,
  ///   which only Linux allows.
  public static func measuring<Result>(
    _ body: () throws -> Result
  ) rethrows -> (result: Result, bytes: Int) {
    let largestBefore = ofProcess
    let sampler = ResidentSampler()
    let before = sampler?.resident ?? largestBefore
    sampler?.start()
    defer { sampler?.stop() }
    let result = try body()
    let largest = ofProcess
    let held = max(sampler?.stop() ?? 0, largest > largestBefore ? largest : 0)
    return (result, max(held - before, 0))
  }

  #if os(Linux)
    private static var largestOfProcess: Int {
      guard let text = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8) else {
        return 0
      }
      let line = text.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
      let number = line?.split(whereSeparator: { !$0.isNumber }).first.flatMap { Int($0) }
      return (number ?? 0) * 1024
    }
  #endif
}

/// Looks at the resident set from a thread of its own: proc(5), `statm`.
///
/// The kernel's own peak could be set back instead, but then whoever watches the process from outside
/// would see a smaller one.
private final class ResidentSampler: Sendable {
  private let file: Int32
  private let largest = Atomic(0)
  private let isStopped = Atomic(false)
  private let isDone = DispatchSemaphore(value: 0)

  /// Nil where the system does not tell.
  init?() {
    file = open("/proc/self/statm", O_RDONLY)
    guard file >= 0 else { return nil }
  }

  deinit { close(file) }

  /// The resident set now, in bytes: the second number of the file, in pages.
  var resident: Int {
    withUnsafeTemporaryAllocation(byteCount: 128, alignment: 1) { buffer in
      let count = pread(file, buffer.baseAddress, buffer.count, 0)
      let fields = buffer.prefix(max(count, 0)).split(separator: UInt8(ascii: " "))
      guard fields.count > 1 else { return 0 }
      return fields[1].reduce(0) { $0 * 10 + Int($1) - 48 } * Int(getpagesize())
    }
  }

  func start() {
    let thread = Thread { [self] in
      while !isStopped.load(ordering: .acquiring) {
        _ = largest.max(resident, ordering: .relaxed)
        usleep(1000)
      }
      isDone.signal()
    }
    thread.start()
  }

  /// - Returns: the largest resident set that was seen, in bytes.
  @discardableResult func stop() -> Int {
    guard !isStopped.exchange(true, ordering: .acquiringAndReleasing) else {
      return largest.load(ordering: .relaxed)
    }
    isDone.wait()
    return largest.load(ordering: .relaxed)
  }
}
