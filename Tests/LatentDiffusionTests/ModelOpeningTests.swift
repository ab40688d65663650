import Checkpoints
import Diagnostics
import Foundation
import LatentDiffusion
import TestSupport
import Tensors
import Testing

@Suite("models from disk and back") struct ModelOpeningTests {
  @Test("what is written opens as the same model, and makes the same picture")
  func roundTrip() throws {
    try withTemporaryFolder { folder in
      let path = folder.appendingPathComponent("model").path
      let model = try Models.golden()
      try model.write(to: path)
      let copy = try LatentDiffusionModel(opening: path)
      #expect(copy.isTrained)
      let pictures = try [model, copy].map { try Array(Generation(Models.request(), with: $0)) }
      #expect(pictures[0].last?.next.elements == pictures[1].last?.next.elements)
      #expect(copy.parameterCount == model.parameterCount)
    }
  }

  @Test("a model that was never trained says so wherever it goes")
  func untrained() throws {
    try withTemporaryFolder { folder in
      let path = folder.appendingPathComponent("model").path
      try LatentDiffusionModel.untrained(tokenizer: Models.vocabulary()).write(
        to: path, as: .float16)
      #expect(try !LatentDiffusionModel(opening: path).isTrained)
    }
  }

  @Test(
    "a part that is not there is named",
    arguments: [
      ("unet", "unet"), ("text_encoder", "text_encoder"), ("vae", "vae"),
      ("scheduler", "scheduler"), ("tokenizer", "tokenizer"),
    ])
  func missingPart(part: String, name: String) throws {
    try withTemporaryFolder { folder in
      let path = try copyOfGolden(in: folder)
      let index = path + "/model_index.json"
      guard case .object(var members) = try JSONNode(contentsOf: index).value else { return }
      members[part] = .array([.null, .null])
      try JSONValue.object(members).serialized.write(
        toFile: index, atomically: true, encoding: .utf8)
      let error = #expect(throws: ModelError.self) { try LatentDiffusionModel(opening: path) }
      #expect(error?.description.contains(name) == true)
      #expect(error?.exitStatus == .badData)
    }
  }

  @Test("a checkpoint without a vocabulary beside it says where to put one")
  func singleFile() throws {
    let path = Repository.path("fixtures/golden/compvis/sd.ckpt")
    let error = #expect(throws: ModelError.self) { try LatentDiffusionModel(opening: path) }
    #expect(error?.description.contains("vocab.json") == true)
    #expect(error?.description.contains("beside the file") == true)
  }

  @Test("parts that do not fit together are refused with what was expected and found")
  func misfit() throws {
    let model = try Models.golden()
    let error = #expect(throws: ModelError.self) {
      try model.replacing(firstStage: .pixels(channels: 3))
    }
    #expect(error?.description.contains("expected 3, as the latent has, found 4") == true)
  }

  private func copyOfGolden(in folder: URL) throws -> String {
    let path = folder.appendingPathComponent("model").path
    try FileManager.default.copyItem(atPath: Models.goldenFolder, toPath: path)
    return path
  }
}
