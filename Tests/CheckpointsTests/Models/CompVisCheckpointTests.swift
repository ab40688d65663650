import Checkpoints
import Diagnostics
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
    "a tensor that has no place in its network is refused by name",
    arguments: [
      "model.diffusion_model.label_emb.0.0.weight",
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

  @Test(
    "tensors beside the networks are passed over with a notice",
    arguments: [
      "control_model.zero_convs.0.0.bias", "embedding_manager.string_to_param_dict.*",
      "denoiser.sigmas", "cond_stage_model.transformer.text_projection.weight",
      "cond_stage_model.logit_scale", "anything",
    ])
  func passedOver(name: String) throws {
    var notices: [String] = []
    let model = try heard(by: .notices { notices.append($0) }) {
      try open { $0[name] = Tensor([1], [0]) }
    }
    #expect(model.unet != nil && model.autoencoder != nil && model.textEncoder != nil)
    #expect(notices.count == 1 && notices[0].contains(name), "\(notices)")
  }

  @Test("markers are obeyed: velocities, and a schedule that ends without a signal")
  func markers() throws {
    let plain = try open { _ in }
    #expect(try plain.scheduler?["_class_name"].string() == "PNDMScheduler")
    #expect(try plain.scheduler?["prediction_type"].string() == "epsilon")
    let velocity = try open { $0["v_pred"] = Tensor([0], []) }
    #expect(try velocity.scheduler?["prediction_type"].string() == "v_prediction")
    #expect(try velocity.scheduler?.find("rescale_betas_zero_snr")?.bool() == nil)
    let both = try open {
      $0["v_pred"] = Tensor([0], [])
      $0["ztsnr"] = Tensor([0], [])
    }
    #expect(try both.scheduler?["rescale_betas_zero_snr"].bool() == true)
    #expect(try both.scheduler?["_class_name"].string() == "DDIMScheduler")
    #expect(try both.scheduler?["timestep_spacing"].string() == "trailing")
  }

  @Test("the transformer's way in and out may be a matrix")
  func projections() throws {
    let plain = try open { _ in }
    let model = try open { tensors in
      for (name, tensor) in tensors
      where name.contains("diffusion_model") && name.contains(".proj_") && tensor.shape.count == 4 {
        tensors[name] = tensor.reshaped(Array(tensor.shape.prefix(2)))
      }
    }
    let name = "mid_block.attentions.0.proj_in.weight"
    let expected = try #require(try plain.unet?.weights.tensor(named: name))
    let found = try #require(try model.unet?.weights.tensor(named: name, shape: expected.shape))
    #expect(found.elements == expected.elements)
  }

  @Test("the first stage's attention may have diffusers' names, and be made of matrices")
  func attentionNames() throws {
    let plain = try open { _ in }
    let new = ["q": "to_q", "k": "to_k", "v": "to_v", "proj_out": "to_out.0"]
    let model = try open { tensors in
      for (name, tensor) in tensors where name.contains(".attn_1.") {
        for (from, to) in new where name.contains(".attn_1.\(from).") {
          tensors[name] = nil
          tensors[name.replacingOccurrences(of: ".\(from).", with: ".\(to).")] =
            tensor.shape.count == 4 ? tensor.reshaped(Array(tensor.shape.prefix(2))) : tensor
        }
      }
    }
    let found = try #require(model.autoencoder).weights
    let expected = try #require(plain.autoencoder).weights
    #expect(found.names == expected.names)
    for name in expected.names {
      let tensor = try expected.tensor(named: name)
      #expect(try found.tensor(named: name, shape: tensor.shape).elements == tensor.elements)
    }
  }

  @Test("a VQ stage whose codebook was not saved is told from a KL stage")
  func codebook() {
    let error = #expect(throws: CheckpointError.self) {
      try open {
        $0["first_stage_model.quant_conv.weight"] = Tensor([4, 4, 1, 1], repeating: 0)
      }
    }
    #expect(error?.description.contains("codebook") == true)
  }

  @Test("a part that is not asked for blocks nothing")
  func parts() throws {
    try withTemporaryFolder { folder in
      let path = folder.appendingPathComponent("m.safetensors").path
      var tensors = whole
      tensors["model.diffusion_model.out.2.weight"] = nil
      tensors["cond_stage_model.transformer.text_model.embeddings.token_embedding.weight"] = nil
      tensors["scale_factor"] = nil
      try SafetensorsFile.write(tensors, to: path)
      _ = #expect(throws: CheckpointError.self) { try ModelFiles.open(path, parts: [.unet]) }
      let model = try ModelFiles.open(path, parts: [.autoencoder])
      #expect(model.autoencoder != nil && model.unet == nil && model.textEncoder == nil)
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

  @Test(
    "the schedule that the checkpoint keeps is the scheduler's; one of another kind is passed over")
  func schedule() throws {
    let linear = (0..<100).map { 0.0001 + (0.02 - 0.0001) * Float($0) / 99 }
    for betas in [Tensor([100], linear), Tensor([2], [0, .nan]), Tensor([1], [0.1])] {
      let model = try open { $0["betas"] = betas }
      #expect(try model.scheduler?["beta_start"].number() == 0.00085)
      #expect(try model.scheduler?["num_train_timesteps"].integer() == 1000)
    }
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
