import Checkpoints
import Commands
import Foundation
import Imaging
import LatentDiffusion
import Networks
import TestSupport
import Testing
import TextToImage

@Suite("text-to-image --preview") struct PreviewTests {
  @Test("what is only looked at is decoded by the preview, the picture by the model's own decoder")
  func preview() throws {
    let arguments = ["--prompt", "a red boat", "--steps", "2"]
    func pictures(_ folder: URL) throws -> (picture: [UInt8], frame: [UInt8]) {
      func pixels(_ name: String) throws -> [UInt8] {
        try PictureFile.read(folder.appendingPathComponent(name).path).image.rgb.pixels
      }
      return (try pixels("image.png"), try pixels("images/x0-000.png"))
    }
    let plain = try run(arguments) { folder, _ in try pictures(folder) }
    try withTemporaryFolder { parent in
      let path = parent.appendingPathComponent("taesd").path
      var files = ModelFiles(path: path)
      files.autoencoder = ModelComponent(try AutoencoderTiny(.init(), seed: 1))
      try files.write(to: path)
      try run(arguments + ["--preview", path]) { folder, result in
        let found = try pictures(folder)
        #expect(found.picture == plain.picture && found.frame != plain.frame)
        #expect(result.manifest.settings["preview"] == .text(path))
        #expect(result.manifest.inputs.contains { $0.path.hasPrefix(path) })
        let page = try String(contentsOfFile: result.pagePath, encoding: .utf8)
        #expect(page.contains("2.45 million parameters"))
      }
      try run(arguments + ["--preview", path, "--seed", "1,2"]) { folder, result in
        for residual in result.page.residuals { #expect(residual.holds) }
      }
    }
  }
}
