import Checkpoints
import Tensors
import Testing

@Suite("Checkpoints of the neighbours") struct CheckpointKindTests {
  /// Opens a source of these tensors.
  private func open(_ names: [String], _ parts: Set<ModelFiles.Part>? = nil) throws -> ModelFiles {
    let tensors = names.map { ($0, Tensor([2, 8], repeating: 0)) }
    return try ModelFiles(
      compVis: WeightTable(Dictionary(uniqueKeysWithValues: tensors), origin: "m.ckpt"),
      parts: parts ?? Set(ModelFiles.Part.allCases), weights: .standard)
  }

  @Test(
    "are named in one line by the names of their tensors",
    arguments: [
      (["conditioner.embedders.0.x", unet], "Stable Diffusion XL"),
      (["model.diffusion_model.joint_blocks.0.x"], "Stable Diffusion 3"),
      (["double_blocks.0.img_attn.qkv.weight", "img_in.weight"], "Flux"),
      (["cond_stage_model.embedding.weight", unet], "class-conditional latent diffusion"),
      (["cond_stage_model.transformer.token_emb.weight", unet], "BERT"),
      (["lora_unet_mid_block_attentions_0_proj_in.lora_down.weight", "lora_te_x.alpha"], "a LoRA"),
      (["unet.mid_block.attentions.0.to_q.lora.down.weight", "unet.x"], "a LoRA"),
      (["base_model.model.unet.mid_block.to_q.lora_A.weight", "unet.y"], "a LoRA"),
      (["unet.down_blocks.0.attn1.processor.to_q_lora.down.weight", "unet.z"], "a LoRA"),
      (["lora_unet_x.hada_w1_a", "lora_unet_x.hada_w1_b"], "a LoHa"),
      (["lora_unet_x.lokr_w1", "lora_unet_x.lokr_w2"], "a LoKr"),
      (["lora_unet_x_to_k.on_input", "lora_unet_x_to_k.weight"], "an (IA)³"),
      (["base_model.model.to_k.ia3_l", "base_model.model.to_v.ia3_l"], "an (IA)³"),
      (["lora_unet_x.oft_blocks", "lora_unet_x.alpha"], "an OFT"),
      (["lora_unet_x.dora_scale", "lora_unet_x.lora_down.weight"], "a DoRA"),
      (["image_mean"], "tensors of no known model"),
      (["emb_params"], "an embedding for a word"), (["<cat-toy>"], "an embedding for a word"),
      (["string_to_param.*"], "an embedding for a word"),
      (["clip_g", "clip_l"], "an embedding for a word"),
      (["control_model.input_blocks.0.0.weight", "control_model.x"], "a ControlNet"),
      (["controlnet_down_blocks.0.weight", "down_blocks.0.x"], "a ControlNet"),
      (["image_proj.proj.weight", "ip_adapter.1.to_k_ip.weight"], "an adapter"),
      (["down_blocks.0.resnets.0.norm1.weight", "conv_in.weight"], "name the folder"),
      (["encoder.down_blocks.0.x", "decoder.up_blocks.0.x"], "name the folder"),
      (["text_model.encoder.layers.0.x", "text_model.y"], "name the folder"),
      (["model.0.weight", "model.1.sub.0.RDB1.conv1.0.weight"], "an upscaler"),
      (["conv_first.weight", "body.0.rdb1.conv1.weight"], "an upscaler"),
      (["encoder.layers.0.weight", "decoder.layers.1.weight"], "TAESD"),
      (["1.weight", "3.conv.0.weight"], "TAESD"),
      (["vision_model.embeddings.class_embedding", "visual_projection.weight"], "a vision tower"),
      (["lin0.model.1.weight", "lin1.model.1.weight"], "tensors of no known model"),
    ])
  func names(names: [String], word: String) {
    let error = #expect(throws: CheckpointError.self) { try open(names) }
    let line = error?.description ?? ""
    #expect(line.contains(word) && !line.contains("\n"), "\(line)")
  }

  @Test("what they share with Stable Diffusion v1 is looked for, and they are named when it fails")
  func parts() {
    let text = "cond_stage_model.embedding.weight"
    for part in [ModelFiles.Part.unet, .autoencoder] {
      let stage = "first_stage_model.encoder.down.0.block.0.conv1.weight"
      let error = #expect(throws: CheckpointError.self) { try open([text, unet, stage], [part]) }
      #expect(error?.description.contains("class-conditional") == true)
    }
  }

  @Test("a ControlNet beside its model is passed over")
  func controlBeside() {
    let error = #expect(throws: CheckpointError.self) { try open(["control_model.x", unet]) }
    #expect(error?.description.contains("ControlNet") == false)
  }
}

private let unet = "model.diffusion_model.input_blocks.0.0.weight"
