import Checkpoints
import Diagnostics
import Foundation
import JSON
import LatentDiffusion
import Tensors
import Testing
import TestSupport

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

  @Test("tensors that a network of a folder does not know are passed over, as diffusers does")
  func unknownTensors() throws {
    try withTemporaryFolder { folder in
      let path = try copyOfGolden(in: folder)
      for file in [
        "unet/diffusion_pytorch_model", "vae/diffusion_pytorch_model", "text_encoder/model",
      ] {
        try change("\(path)/\(file).safetensors") { $0["extra.weight"] = Tensor([2], [0, 0]) }
      }
      var notices: [String] = []
      let model = try heard(by: .notices { notices.append($0) }) {
        try LatentDiffusionModel(opening: path)
      }
      #expect(try model.parameterCount == Models.golden().parameterCount)
      #expect(
        notices.count == 3 && notices.allSatisfy { $0.contains("extra.weight") }, "\(notices)")
      let unet = "\(path)/unet/diffusion_pytorch_model.safetensors"
      try change(unet) { $0["mid_block.attentions.0.to_q_lora.down.weight"] = Tensor([2], [0, 0]) }
      let lora = #expect(throws: CheckpointError.self) { try LatentDiffusionModel(opening: path) }
      #expect(lora?.description.contains("a LoRA") == true)
      try change(unet) { $0 = ["extra.weight": Tensor([2], [0, 0])] }
      let missing = #expect(throws: CheckpointError.self) {
        try LatentDiffusionModel(opening: path)
      }
      #expect(missing?.description.contains("conv_in.weight\" is missing") == true)
    }
  }

  /// Writes a file of weights anew.
  private func change(_ path: String, _ change: (inout [String: Tensor]) -> Void) throws {
    var tensors = try SafetensorsFile(path).tensors()
    change(&tensors)
    try FileManager.default.removeItem(atPath: path)
    try SafetensorsFile.write(tensors, to: path)
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
