import DownsamplingStudy
import Foundation
import Records
import TestSupport
import Testing

@Suite("Weights that changed since a study") struct ChangedFirstStagesTests {
  @Test("digests in the manifest are compared with the files, not with words")
  func digests() throws {
    try withTemporaryFolder { folder in
      func file(_ name: String, _ text: String) throws -> String {
        let file = folder.appendingPathComponent(name)
        try FileManager.default.createDirectory(
          at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
        return SHA256.hexDigest(of: Data(text.utf8))
      }
      let same = try file("kl-f8/w.safetensors", "eight")
      let other = try file("kl-f2/w.safetensors", "two, trained further")
      let inputs = [
        ("kl-f8/w.safetensors", same), ("kl-f2/w.safetensors", SHA256.hexDigest(of: Data())),
        ("gone/w.safetensors", other), ("kl-f2/config.json", same),
      ].map { "{\"path\": \"\($0.0)\", \"sha256\": \"\($0.1)\"}" }
      _ = try file("manifest.json", "{\"inputs\": [\(inputs.joined(separator: ","))]}")
      let changed = try ChangedFirstStages(of: folder.path) {
        let path = folder.appendingPathComponent($0).path
        return FileManager.default.fileExists(atPath: path) ? path : nil
      }
      #expect(changed == ChangedFirstStages(names: ["kl-f2"]))
      #expect(changed.warning != nil && ChangedFirstStages.none.warning == nil)
    }
  }

  @Test("the bundled studies ran on the autoencoders that are bundled", arguments: Examples.bundled)
  func shipped(folder: String) throws {
    #expect(try ChangedFirstStages(of: folder) { Repository.path($0) } == .none)
  }
}
