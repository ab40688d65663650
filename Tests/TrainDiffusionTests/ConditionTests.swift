import Foundation
import TestSupport
import Testing
import TrainDiffusion

@Suite("Conditions: words, classes, joined channels") struct ConditionTests {
  @Test(
    "each trains, and what it writes holds the parts that it has",
    arguments: [
      ("class", false), ("mask", true), ("low-resolution", true), ("semantic-map", true),
    ])
  func trains(condition: String, listens: Bool) throws {
    try withTemporaryFolder { folder in
      let result = try TrainDiffusionCommand.run([
        "--condition", condition, "--pixels", "--size", "32", "--steps", "2", "--batch", "2",
        "--scenes", "3", "--output", folder.path + "/run", "--quiet",
      ])
      func isThere(_ name: String) -> Bool {
        FileManager.default.fileExists(atPath: result.folder + "/" + name)
      }
      #expect(isThere("model/unet/diffusion_pytorch_model.safetensors"))
      #expect(isThere("model/text_encoder/model.safetensors") == listens)
      #expect(isThere("images/samples-000002.png"))
    }
  }

  @Test("a name that is none is refused")
  func unknown() {
    #expect(throws: (any Error).self) {
      try TrainDiffusionCommand.run(["--condition", "smell"])
    }
  }
}
