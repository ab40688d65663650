import Checkpoints
import Diagnostics
import Foundation
import Tensors
import TestSupport
import Testing

@Suite("What lies at a path") struct WeightListingTests {
  /// The identity of a file with tensors of these shapes.
  private func identity(_ shapes: [String: [Int]]) throws -> WeightIdentity {
    try withTemporaryFolder { folder in
      let path = folder.appendingPathComponent("m.safetensors").path
      try SafetensorsFile.write(shapes.mapValues { Tensor($0, repeating: 0) }, to: path)
      return WeightIdentity(of: try WeightListing(path))
    }
  }

  private static let key = "transformer_blocks.0.attn2.to_k.weight"

  static let kinds: [(shapes: [String: [Int]], title: String, reason: String)] = [
    (
      [
        "model.diffusion_model.input_blocks.1.1.\(key)": [4, 768],
        "model.diffusion_model.input_blocks.0.0.weight": [4, 4, 3, 3],
        "first_stage_model.post_quant_conv.weight": [4, 4, 1, 1],
        "cond_stage_model.transformer.text_model.x": [2],
      ], "Stable Diffusion v1", "reads vectors of 768"
    ),
    (
      [
        "model.diffusion_model.a.\(key)": [4, 1024], "cond_stage_model.model.ln_final.weight": [2],
      ],
      "Stable Diffusion 2", "cond_stage_model.model.ln_final.weight"
    ),
    (
      ["model.diffusion_model.a": [2], "conditioner.embedders.0.x": [2]], "Stable Diffusion XL",
      "conditioner.embedders.0.x"
    ),
    (["model.diffusion_model.joint_blocks.0.x": [2]], "Stable Diffusion 3", "joint_blocks"),
    (
      ["model.diffusion_model.a": [2], "first_stage_model.encoder.x": [2]],
      "Latent diffusion (LDM) without a text encoder", "no text encoder"
    ),
    (
      ["encoder.down.0.x": [2], "quantize.embedding.weight": [256, 4]],
      "First stage (autoencoder) by itself", "a codebook (VQ) of 256 vectors"
    ),
    (
      ["text_model.embeddings.token_embedding.weight": [9, 768]], "Text encoder by itself",
      "CLIP ViT-L/14"
    ),
    (
      ["down_blocks.0.\(key)": [4, 768], "conv_in.weight": [4, 9, 3, 3]],
      "U-Net of a diffusers folder, Stable Diffusion v1", "inpainting"
    ),
    (
      ["lora_unet_a.lora_down.weight": [8, 4], "lora_unet_b.lora_down.weight": [8, 4]], "LoRA",
      "2 layers are changed, each by two factors of rank 8"
    ),
    (["emb_params": [3, 768]], "Embedding for a word (textual inversion)", "as in v1"),
    (["control_model.x": [2]], "ControlNet", "control_model.x"),
    (["a.weight": [2]], "Unknown", "they begin with a (1)"),
    // A parameter of some layer is no word, unless it is as wide as a text encoder.
    (["weight": [2]], "Unknown", "they begin with weight (1)"),
    (["weight": [1, 768]], "Embedding for a word (textual inversion)", "as in v1"),
    (["cat": [8]], "Embedding for a word (textual inversion)", "1 vector(s) of 8"),
    (["image_mean": [768]], "Unknown", "they begin with image_mean (1)"),
    (["cat": [0, 96]], "Unknown", "they begin with cat (1)"), (["cat": [3]], "Unknown", "cat (1)"),
    (
      ["lora_unet_a.hada_w1_a": [8, 4], "lora_unet_a.hada_w1_b": [4, 8]], "LoHa (LyCORIS)",
      "lora_unet_a.hada_w1_a"
    ),
    (["lora_unet_a.lokr_w1": [2, 2]], "LoKr (LyCORIS)", "lora_unet_a.lokr_w1"),
    (["lora_unet_a.on_input": [], "lora_unet_a.weight": [8]], "(IA)³", "on_input"),
    (["lora_unet_a.oft_blocks": [2, 4, 4]], "OFT", "oft_blocks"),
  ]

  @Test("a kind is told by names and shapes, which are named", arguments: kinds)
  func kind(shapes: [String: [Int]], title: String, reason: String) throws {
    let identity = try identity(shapes)
    #expect(identity.title == title)
    #expect(identity.reasons.contains { $0.contains(reason) }, "\(identity.reasons)")
  }

  @Test("averages of the weights are found")
  func averages() throws {
    #expect(
      try identity(["a.b": [2], "model_ema.ab": [2]]).averages == "1 tensors under model_ema.")
    #expect(try identity(["a.b": [2]]).averages == nil)
  }

  @Test("a folder lists the weights of its parts, and its class")
  func folder() throws {
    let listing = try WeightListing(Repository.path("fixtures/model"))
    #expect(listing.className == "StableDiffusionPipeline" && listing.files.count == 3)
    let parts = Set(listing.tensors.compactMap { $0.name.split(separator: "/").first })
    #expect(parts == ["text_encoder", "unet", "vae"])
    #expect(throws: FileError.self) { try WeightListing("/nowhere.ckpt") }
  }

  @Test("a pickle that would run a program is listed with it, and not run")
  func pickles() throws {
    for name in ["system-zip.ckpt", "system-pickle.pt"] {
      let listing = try WeightListing(Repository.path("fixtures/golden/torch-files/\(name)"))
      let pickle = try #require(listing.files.first?.pickle)
      let unknown = pickle.globals.filter(\.isUnknown)
      #expect(unknown.map(\.name) == ["posix.system"])
      #expect(unknown.first?.calls == 1 && unknown.first?.arguments?.hasPrefix("(\"") == true)
    }
    let plain = try WeightListing(Repository.path("fixtures/golden/torch-files/zip.ckpt"))
    #expect(plain.files.first?.pickle?.hasUnknown == false)
    #expect(plain.files.first?.metadata.isEmpty == false)
  }

  @Test("old instructions and objects are followed as far as names go")
  func oldInstructions() throws {
    let pickle = PickleBuilder().code("}(").text("x")
      .tensor(storage: 6, shape: [6], strides: [1]).text("evil")
      .code("(S'rm'\nios\nsystem\n").text("worse").code("(cbuiltins\neval\nV1\noI12\n0p3\n")
      .code("u.")
    try withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("m.ckpt")
      try Data(torchArchive(pickle.bytes)).write(to: file)
      let listing = try WeightListing(file.path)
      let asked = try #require(listing.files.first?.pickle)
      let found = asked.globals.filter(\.isUnknown)
      #expect(found.map(\.name) == ["os.system", "builtins.eval"])
      #expect(found.map(\.arguments) == ["(\"rm\")", "(\"1\")"])
      #expect(listing.tensors.map(\.name) == ["x"])
    }
  }

  @Test("pickles damaged anywhere: a valid result or one clear line")
  func fuzzed() async {
    await #expect(processExitsWith: .success) {
      let folder = Repository.path("fixtures/golden/torch-files") + "/"
      let corpus = try ["system-zip.ckpt", "legacy.ckpt", "system-pickle.pt"].map {
        [UInt8](try Data(contentsOf: URL(fileURLWithPath: folder + $0)))
      }
      let tokens: [[UInt8]] = [Array("cos\nsystem\n".utf8), Array("(o".utf8), [0x92], [0x93]]
      try Fuzzing.run(Mutator(corpus: corpus, tokens: tokens, seed: 8), cases: 10_000) {
        _ = try TorchFile(MappedFile($0, path: "m.ckpt"), surveying: true)
      }
    }
  }
}
