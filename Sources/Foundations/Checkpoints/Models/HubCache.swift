import Diagnostics
import Foundation

/// A Hugging Face cache: `models--org--name/` with `blobs/`, `refs/main` and `snapshots/REVISION/`.
enum HubCache {
  /// The snapshot to open for a model's folder in the cache; `path` itself for any other folder.
  /// - Throws: `CheckpointError` where a person has to choose.
  static func snapshot(of path: String) throws -> String {
    let folder = URL(fileURLWithPath: path)
    guard !exists(folder, "model_index.json"), !exists(folder, "config.json") else { return path }
    let names = entries(folder)
    guard names.contains("snapshots") else {
      let models = names.filter { $0.hasPrefix("models--") }
      guard models.isEmpty else {
        throw CheckpointError.unsupported(
          file: path, reason: "a cache of models: name one of its folders, \(list(models))")
      }
      return path
    }
    let revisions = entries(folder.appendingPathComponent("snapshots"))
    let main = try mainRevision(folder)
    guard let revision = main ?? (revisions.count == 1 ? revisions[0] : nil),
      revisions.contains(revision)
    else {
      throw CheckpointError.unsupported(
        file: path,
        reason: revisions.isEmpty
          ? "a cache folder without a snapshot: nothing was downloaded"
          : "a cache folder of several snapshots: name one, snapshots/\(list(revisions))")
    }
    Notices.tell("\(path): a cache folder; its snapshot \(revision.abridged) is opened")
    return folder.appendingPathComponent("snapshots/\(revision)").path
  }

  /// The revision that `refs/main` names.
  private static func mainRevision(_ folder: URL) throws -> String? {
    let file = folder.appendingPathComponent("refs/main").path
    guard FileManager.default.fileExists(atPath: file) else { return nil }
    let data = try readInput(file, expecting: "the name of a snapshot", limit: 256)
    return String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
  }

  private static func entries(_ folder: URL) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted()
  }

  private static func exists(_ folder: URL, _ name: String) -> Bool {
    FileManager.default.fileExists(atPath: folder.appendingPathComponent(name).path)
  }

  private static func list(_ names: [String]) -> String {
    names.prefix(5).map(\.abridged).joined(separator: ", ") + (names.count > 5 ? ", …" : "")
  }
}
