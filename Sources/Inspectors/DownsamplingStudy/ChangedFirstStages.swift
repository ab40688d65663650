import Commands
import JSON
import Pages
import Records

/// The first stages in which a study's models were trained, if their weights are others today.
package struct ChangedFirstStages: Sendable, Equatable {
  /// "kl-f2", as their folders are called; in the order of the manifest.
  package let names: [String]

  package static let none = ChangedFirstStages(names: [])

  package init(names: [String]) { self.names = names }

  /// Compares the digests of weights in a study's manifest with the files that the manifest names,
  /// where they are today. What is not here cannot be compared and is passed over.
  /// - Parameters:
  ///   - folder: the run folder of a study.
  ///   - locate: finds a file of the manifest.
  /// - Throws: `FileError` or `JSONError`.
  package init(
    of folder: String, locate: (String) -> String? = { try? Shipped.path($0) }
  ) throws {
    let inputs = try JSONNode(contentsOf: folder + "/manifest.json").find("inputs")?.elements()
    names = try (inputs ?? []).compactMap { input in
      let path = try input["path"].string()
      guard path.hasSuffix(".safetensors"), let file = locate(path) else { return nil }
      let isSame = try SHA256.hexDigest(ofFile: file).digest == input["sha256"].string()
      return isSame ? nil : path.split(separator: "/").dropLast().last.map(String.init) ?? path
    }
  }

  /// What a reader must know; nil when nothing changed.
  package var warning: Prose? {
    guard !names.isEmpty else { return nil }
    return """
      The models of this study were trained in other weights of \
      \(names.sorted { $0.localizedStandardCompare($1) == .orderedAscending }
        .joined(separator: ", ")) than the bundled ones today: the digests in its manifest are \
      others. What is said of these spaces here, PSNR included, is said of the earlier weights.
      """
  }
}
