import Checkpoints
import Foundation
import GoldenSupport
import JSON
import LatentDiffusion
import Networks
import TestSupport
import Tensors
import Testing

@Suite("Another part, or a part of one") struct PartsTests {
  private static let shipped = Repository.path("fixtures/model")

  private func request(_ change: (inout GenerationRequest) -> Void) -> GenerationRequest {
    var request = GenerationRequest(prompt: "a red boat on the sea at night")
    (request.height, request.width, request.steps, request.guidanceScale) = (64, 64, 3, 3)
    (request.seed, request.sampler) = (5, .ddim)
    change(&request)
    return request
  }

  private func latent(
    _ model: LatentDiffusionModel, _ change: (inout GenerationRequest) -> Void = { _ in }
  ) throws -> Tensor {
    try #require(Array(Generation(request(change), with: model)).last).next
  }

  @Test("layers are skipped as diffusers' clip_skip skips them, for the prompt alone")
  func clipSkip() throws {
    let golden = try Golden.load("parts")
    let model = try LatentDiffusionModel(opening: Self.shipped)
    let prompts = model.encode(prompt: "a red boat on the sea at night", skippingLast: 1)
    let text = try #require(golden["clip-skip.text"])
    #expect(
      prompts.conditional.slice(0..<12, along: 1).maxAbsDifference(from: text) <= 1e-4)
    #expect(
      prompts.unconditional.maxAbsDifference(from: model.encode(prompt: "").unconditional) == 0)
    for (name, negative, skipped) in [
      ("clip-skip.latent", "", 1), ("clip-skip.negative", "a tree", 1),
      ("none.negative", "a tree", 0),
    ] {
      let found = try latent(model) { ($0.negativePrompt, $0.clipSkip) = (negative, skipped) }
      let difference = found.maxAbsDifference(from: try #require(golden[name]))
      #expect(difference <= 1e-4, "\(name): \(difference)")
    }
    let (skipped, whole) = (golden["clip-skip.negative"], golden["none.negative"])
    #expect(try #require(skipped).maxAbsDifference(from: try #require(whole)) > 0.1)
  }

  @Test("marked prompts skip layers on both sides, and more layers than there are is refused")
  func clipSkipOfMarkedPrompts() throws {
    let model = try LatentDiffusionModel(opening: Self.shipped)
    let reading = PromptReading(marks: .a1111)
    let marked = try model.encode(
      prompt: "a red boat", negativePrompt: "a tree", reading: reading, skippingLast: 1)
    let plain = model.encode(prompt: "a tree", skippingLast: 1)
    #expect(marked.unconditional.maxAbsDifference(from: plain.conditional) <= 1e-5)
    for count in [-1, 3] {
      #expect(throws: GenerationError.clipSkip(count, layers: 2)) {
        try Generation(request { $0.clipSkip = count }, with: model)
      }
    }
  }

  @Test("with a tiny autoencoder a picture is diffusers', from noise and from a picture")
  func tiny() throws {
    let golden = try Golden.load("parts")
    try withTemporaryFolder { folder in
      let path = folder.appendingPathComponent("taesd").path
      var files = ModelFiles(path: path)
      files.autoencoder = ModelComponent(try DrawnAutoencoderTiny.network())
      try files.write(to: path)
      let model = try LatentDiffusionModel(opening: Self.shipped, firstStage: path)
      guard case .tiny = model.firstStage else {
        Issue.record("another first stage")
        return
      }
      let found = try latent(model)
      #expect(found.maxAbsDifference(from: try #require(golden["tiny.latent"])) <= 1e-4)
      let picture = model.firstStage.decode(found).scaled(by: 0.5, plus: 0.5).clamped(to: 0...1)
      // The golden picture has 16 bits.
      #expect(picture.maxAbsDifference(from: try #require(golden["tiny.picture"])) <= 5e-4)
      let image = TorchGenerator(seed: 2).uniform([1, 3, 64, 64]).scaled(by: 2, plus: -1)
      let again = try latent(model) {
        ($0.initialImage, $0.strength, $0.steps) = (image, 0.7, 4)
      }
      let difference = again.maxAbsDifference(from: try #require(golden["tiny.from-picture"]))
      #expect(difference <= 1e-4, "from a picture: \(difference)")
    }
  }

  @Test("another first stage takes the place of the model's own, whose files are not looked at")
  func firstStage() throws {
    let other = try AutoencoderKL(LatentDiffusionModel.autoencoderConfiguration, seed: 1)
    let z = TorchGenerator(seed: 0).normal([1, 4, 4, 4])
    let own = try LatentDiffusionModel(opening: Self.shipped).firstStage.decode(z)
    try withTemporaryFolder { folder in
      let path = folder.appendingPathComponent("vae").path
      var files = ModelFiles(path: path)
      files.autoencoder = ModelComponent(other)
      try files.write(to: path)
      let model = try LatentDiffusionModel(opening: Self.shipped, firstStage: path)
      let picture = model.firstStage.decode(z)
      #expect(
        picture.maxAbsDifference(from: FirstStage.autoencoder(other).decode(z)) <= 1e-6)
      #expect(picture.maxAbsDifference(from: own) > 0.1)
    }
    let error = #expect(throws: ModelError.self) {
      try LatentDiffusionModel(
        opening: Self.shipped, firstStage: Repository.path("fixtures/autoencoders/kl-f16"))
    }
    let words = "`firstStage`: .*kl-f16: channels of its latents: expected 4, as the U-Net of"
    #expect(try error?.description.contains(Regex(words)) == true, "\(String(describing: error))")
  }

  @Test("latents of another kind or scale are told of, those of one kind and scale are not")
  func otherLatents() throws {
    func notices(_ path: String) throws -> [String] {
      let model = try LatentDiffusionModel(opening: Self.shipped, firstStage: path)
      #expect(model.otherFirstStage?.path == path)
      return model.notices(for: model.encode(prompt: "a boat"))
    }
    let stages = Repository.path("fixtures/autoencoders")
    let scale = try notices("\(stages)/kl-f8")
    #expect(scale.count == 1 && scale[0].contains("multiplied by"))
    #expect(try notices("\(stages)/vq-f8").contains { $0.contains("those of a VQModel where") })
    #expect(try notices(Self.shipped + "/vae") == [])
    let model = try LatentDiffusionModel(opening: Self.shipped)
    #expect(model.otherFirstStage == nil)
    #expect(model.notices(for: model.encode(prompt: "a boat")) == [])
  }
}

@Suite("Stable Diffusion 2 in one file") struct StableDiffusion2Tests {
  /// Writes the file with its tokenizer beside it.
  private func write(to folder: URL, _ change: (inout [String: [Int]]) -> Void = { _ in }) throws
    -> String
  {
    let node = try JSONNode(contentsOf: Repository.path("fixtures/golden/stable-diffusion-2.json"))
    var shapes = try node.members().mapValues { try $0.integers() }
    change(&shapes)
    let path = folder.appendingPathComponent("sd2.safetensors").path
    try SafetensorsFile.write(
      DrawnWeights(shapes: shapes, origin: "sd2"), as: .float32, to: path)
    try FileManager.default.copyItem(
      atPath: Repository.path("fixtures/vocabulary"),
      toPath: folder.appendingPathComponent("tokenizer").path)
    return path
  }

  @Test("its text, its walk and its picture are those of diffusers' from_single_file")
  func golden() throws {
    let golden = try Golden.load("stable-diffusion-2")
    try withTemporaryFolder { folder in
      let model = try LatentDiffusionModel(opening: write(to: folder))
      #expect(model.scheduler.predictionType == .velocity)
      #expect(model.unet.configuration.attentionHeads == [1, 2])
      #expect(model.unet.configuration.sampleSize == [96, 96])
      #expect(model.textEncoder.configuration.activation == .gelu)
      #expect(model.tokenizer.paddingID == 0)
      var request = GenerationRequest(prompt: "a red boat on the sea at night!", guidanceScale: 3)
      (request.height, request.width, request.steps, request.seed) = (32, 32, 3, 5)
      let generation = try Generation(request, with: model)
      let text = generation.prompts.conditional
      let kept = Tensor.concatenated(
        stride(from: 0, to: text.shape[1], by: 6).map { text.slice($0..<$0 + 1, along: 1) },
        along: 1)
      let latent = try #require(Array(generation).last).next
      for (name, found) in [
        ("text", kept), ("latent", latent), ("picture", generation.decode(latent)),
      ] {
        let difference = found.maxAbsDifference(from: try #require(golden[name]))
        #expect(difference <= 1e-4, "\(name): \(difference)")
      }
    }
  }

  @Test("an inpainting file predicts noise; one with a broken matrix is refused by its name")
  func others() throws {
    let first = "model.diffusion_model.input_blocks.0.0.weight"
    try withTemporaryFolder { folder in
      let path = try write(to: folder) { $0[first]?[1] = 9 }
      let files = try ModelFiles.open(path)
      #expect(try files.scheduler?["prediction_type"].string() == "epsilon")
      #expect(try files.unet?.configuration["sample_size"].integer(in: 1...99) == 64)
    }
    try withTemporaryFolder { folder in
      let name = "cond_stage_model.model.transformer.resblocks.1.attn.in_proj_weight"
      let path = try write(to: folder) { $0[name] = [200, 128] }
      let error = #expect(throws: CheckpointError.self) { try ModelFiles.open(path) }
      #expect(error?.description.contains("in_proj_weight") == true)
    }
  }
}
