import Foundation
import Synchronization

/// Files and folders that have another name until they are complete, or are there for some work only. Who
/// ends the process in the middle of it removes them.
public final class HalfMade: Sendable {
  /// Those of this process.
  public static let places = HalfMade()

  private let paths = Mutex<Set<String>>([])

  /// None yet.
  package init() {}

  /// Notes a place before anything is there.
  /// - Parameter path: of a file or a folder.
  public func begin(_ path: String) {
    paths.withLock { _ = $0.insert(path) }
  }

  /// Forgets it: it has its own name now, or is gone.
  /// - Parameter path: as `begin` was told.
  public func end(_ path: String) {
    paths.withLock { _ = $0.remove(path) }
  }

  /// Removes whatever is there of them. Safe to call from any thread.
  public func discardAll() {
    for path in paths.withLock({ $0 }) { try? FileManager.default.removeItem(atPath: path) }
  }
}
