import Checkpoints
import Foundation
import TestSupport
import Tensors
import Testing

@Suite("Damaged CompVis checkpoints") struct CompVisCheckpointTests {
  private let whole: [String: Tensor]

  init() throws {
    whole = try WeightFile.open(Repository.path("fixtures/golden/compvis/sd.ckpt")).tensors()
  }

  /// Opens the whole model after `change`.
  private func open(_ change: (inout [String: Tensor]) -> Void) throws -> ModelFiles {
    var tensors = whole
    change(&tensors)
    return try withTemporaryFolder { folder in
      let path = folder.appendingPathComponent("m.safetensors").path
      try SafetensorsFile.write(tensors, to: path)
      return try ModelFiles.open(path)
    }
  }

  @Test("the same model as safetensors opens the same")
  func safetensors() throws {
    let model = try open { _ in }
    #expect(model.unet != nil && model.autoencoder != nil && model.textEncoder != nil)
    #expect(try model.unet?.weights.tensor(named: "conv_in.weight").shape == [4, 4, 3, 3])
  }

  @Test(
    "a tensor that has no place is refused by name",
    arguments: [
      "control_model.x", "model.diffusion_model.label_emb.0.0.weight",
      "model.diffusion_model.input_blocks.1.0.in_layers.9.weight",
      "first_stage_model.encoder.down.0.attn.0.z.weight", "first_stage_model.post.weight",
    ])
  func unexpected(name: String) {
    let error = #expect(throws: CheckpointError.self) {
      try open { $0[name] = Tensor([1], [0]) }
    }
    guard case .unexpectedTensor(_, name, [1]) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test(
    "a tensor that the architecture is read from is missed by name",
    arguments: [
      "model.diffusion_model.out.2.weight",
      "model.diffusion_model.middle_block.1.transformer_blocks.0.attn2.to_k.weight",
      "first_stage_model.encoder.conv_in.weight", "first_stage_model.quant_conv.weight",
      "cond_stage_model.transformer.text_model.embeddings.token_embedding.weight",
    ])
  func missing(name: String) {
    let error = #expect(throws: CheckpointError.self) { try open { $0[name] = nil } }
    guard case .missingTensor(_, let missed, _) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(name.hasSuffix(missed))
  }

  @Test(
    "and so is one with another number of dimensions",
    arguments: [
      "model.diffusion_model.out.2.weight", "model.diffusion_model.middle_block.1.proj_in.weight",
      "first_stage_model.encoder.down.0.block.0.conv1.weight",
    ])
  func rank(name: String) {
    #expect(throws: CheckpointError.self) {
      try open { $0[name] = Tensor([2, 2, 2], repeating: 0) }
    }
  }

  @Test("levels that do not match are refused in words")
  func uneven() {
    #expect(throws: CheckpointError.self) {
      try open { $0["first_stage_model.decoder.up.1.block.1.conv1.weight"] = nil }
    }
    #expect(throws: CheckpointError.self) {
      try open { $0["model.diffusion_model.input_blocks.3.0.in_layers.2.weight"] = nil }
    }
    #expect(throws: CheckpointError.self) {
      try open {
        $0["model.diffusion_model.input_blocks.1.1.qkv.weight"] = Tensor([1], [0])
      }
    }
  }

  @Test("the schedule that the checkpoint keeps is the scheduler's; another kind is refused")
  func schedule() throws {
    let linear = (0..<100).map { 0.0001 + (0.02 - 0.0001) * Float($0) / 99 }
    #expect(throws: CheckpointError.self) { try open { $0["betas"] = Tensor([100], linear) } }
    #expect(throws: CheckpointError.self) { try open { $0["betas"] = Tensor([2], [0, .nan]) } }
    #expect(throws: CheckpointError.self) { try open { $0["betas"] = Tensor([1], [0.1]) } }
    let other = try open { $0["betas"] = Tensor([3], [0.01, 0.0225, 0.04]) }
    #expect(try other.scheduler?["beta_start"].number() == 0.01)
    #expect(try other.scheduler?["beta_end"].number() == 0.04)
    let standard = try open { $0["betas"] = nil }
    #expect(try standard.scheduler?["num_train_timesteps"].integer() == 1000)
    let scaled = try open { $0["scale_factor"] = Tensor([], [0.5]) }
    #expect(try scaled.autoencoder?.configuration["scaling_factor"].number() == 0.5)
    #expect(throws: CheckpointError.self) { try open { $0["scale_factor"] = Tensor([], [0]) } }
  }

  @Test("text encoders whose names lack their first part get it")
  func textNames() throws {
    let prefix = "cond_stage_model.transformer."
    let model = try open { tensors in
      for (name, tensor) in tensors where name.hasPrefix(prefix + "text_model.") {
        tensors[name] = nil
        tensors[prefix + name.dropFirst(prefix.count + "text_model.".count)] = tensor
      }
    }
    #expect(
      model.textEncoder?.weights.info("text_model.final_layer_norm.weight")?.shape == [8])
  }
}
