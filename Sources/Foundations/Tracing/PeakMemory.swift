import Foundation
import Synchronization

/// How much memory the process holds at its worst: in all, and for one piece of work.
public enum PeakMemory {
  /// The largest resident set before the system's own count was last set back, in bytes.
  private static let remembered = Atomic(0)

  /// The process's largest resident set so far, in bytes.
  public static var ofProcess: Int {
    max(remembered.load(ordering: .relaxed), systemPeak)
  }

  /// Runs `body`.
  /// - Returns: its result, and how many bytes more than before it held at its worst. Where the system
  ///   cannot set its count back (all but Linux), only what lies above the process's largest so far
  ///   can be seen.
  public static func measuring<Result>(
    _ body: () throws -> Result
  ) rethrows -> (result: Result, bytes: Int) {
    remembered.store(ofProcess, ordering: .relaxed)
    let isReset = reset()
    let before = isReset ? status("VmRSS:") : systemPeak
    let result = try body()
    let after = isReset ? status("VmHWM:") : systemPeak
    return (result, max(after - before, 0))
  }

  private static var systemPeak: Int {
    var usage = rusage()
    #if os(Linux)
      // What getrusage tells of a process includes its parent's peak before the start.
      let own = status("VmHWM:")
      guard own == 0 else { return own }
      getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
      return usage.ru_maxrss * 1024
    #else
      getrusage(RUSAGE_SELF, &usage)
      return usage.ru_maxrss
    #endif
  }

  /// Sets the largest resident set back to the present one: proc(5), `clear_refs`.
  private static func reset() -> Bool {
    guard let file = FileHandle(forWritingAtPath: "/proc/self/clear_refs") else { return false }
    defer { try? file.close() }
    return (try? file.write(contentsOf: Data("5".utf8))) != nil && status("VmHWM:") > 0
  }

  /// A line of `/proc/self/status`, in bytes; 0 when there is none.
  private static func status(_ name: String) -> Int {
    guard let text = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8) else {
      return 0
    }
    let line = text.split(separator: "\n").first { $0.hasPrefix(name) }
    let number = line?.split(whereSeparator: { !$0.isNumber }).first.flatMap { Int($0) }
    return (number ?? 0) * 1024
  }
}
