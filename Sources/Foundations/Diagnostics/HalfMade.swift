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

  /// The result of `body`, which works at a place of its own: it is removed afterwards, also by who ends the
  /// process meanwhile.
  /// - Parameters:
  ///   - name: what the place's name begins with.
  ///   - body: is handed the place, in the system's temporary folder; nothing is there yet.
  public func workshop<Result>(_ name: String, _ body: (URL) throws -> Result) rethrows -> Result {
    let files = FileManager.default
    let place = files.temporaryDirectory.appendingPathComponent("\(name)-\(UUID().uuidString)")
    begin(place.path)
    defer {
      try? files.removeItem(at: place)
      end(place.path)
    }
    return try body(place)
  }

  /// Removes whatever is there of them. Safe to call from any thread.
  public func discardAll() {
    for path in paths.withLock({ $0 }) { try? FileManager.default.removeItem(atPath: path) }
  }
}
