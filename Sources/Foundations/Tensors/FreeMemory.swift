import Foundation

/// How much memory the process may still take.
public enum FreeMemory {
  /// In bytes: what the system calls available, and no more than its control group has left; nil where
  /// the system does not tell.
  public static var bytes: Int? {
    func text(_ path: String) -> String? { try? String(contentsOfFile: path, encoding: .utf8) }
    return bytes(
      meminfo: text("/proc/meminfo"), limit: text("/sys/fs/cgroup/memory.max"),
      used: text("/sys/fs/cgroup/memory.current"))
  }

  /// - Parameters:
  ///   - meminfo: proc(5), `/proc/meminfo`.
  ///   - limit: cgroups(7), `memory.max` of version 2: bytes, or "max".
  ///   - used: `memory.current`.
  package static func bytes(meminfo: String?, limit: String?, used: String?) -> Int? {
    func number(_ text: String?) -> Int? {
      text.flatMap { Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
    }
    let line = meminfo?.split(separator: "\n").first { $0.hasPrefix("MemAvailable:") }
    guard let available = line?.split(whereSeparator: { !$0.isNumber }).first.flatMap({ Int($0) })
    else { return nil }
    guard let limit = number(limit), let used = number(used) else { return 1024 * available }
    return min(1024 * available, max(limit - used, 0))
  }
}
