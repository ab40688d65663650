import Checkpoints
import Diffusion
import Foundation
import GoldenSupport
import JSON
import LatentDiffusion
import Networks
import Tensors
import Testing
import TestSupport

@Suite("prompt to pixels, as diffusers") struct GenerationTests {
  static let golden = Result { try Golden.load("pipeline") }

  @Test("every step and the picture agree at the same seed", arguments: PipelineCase.all)
  func agreement(with known: PipelineCase) throws {
    let golden = try Self.golden.get()
    let generation = try Generation(known.request(golden), with: known.model(golden))
    if let text = golden["\(known.name)/text"] {
      let (prompts, rows) = (generation.prompts, text.shape[0])
      expect(prompts.conditional, text.rows(rows - 1..<rows), within: 1e-4, "the prompt")
      if rows == 2 { expect(prompts.unconditional, text.rows(0..<1), within: 1e-4, "no prompt") }
    }
    let latents = try #require(golden["\(known.name)/latents"])
    #expect(latents.shape[0] == generation.stepCount + 1)
    var last = generation.start
    for step in generation {
      let theirs = latents.rows(step.number..<step.number + 1)
      expect(step.latent, theirs, within: 1e-4, "z at step \(step.number)")
      last = step.next
    }
    expect(last, latents.rows(generation.stepCount..<generation.stepCount + 1), within: 1e-4, "z")
    guard let picture = golden["\(known.name)/image"] else { return }
    let ours = generation.decode(last).scaled(by: 0.5, plus: 0.5).clamped(to: 0...1)
    let psnr = -10 * log10(ours.meanSquaredError(from: picture))
    #expect(psnr >= 60, "PSNR \(psnr) dB")
  }

  private func expect(_ ours: Tensor, _ theirs: Tensor, within bound: Float, _ what: String) {
    let error = ours.maxAbsDifference(from: theirs) / theirs.maxAbs
    #expect(error <= bound, "\(what): max |Δ| \(error) of the largest magnitude")
  }

  @Test("rescaled guidance agrees at every step", arguments: [0.0, 0.7, 1.0])
  func rescaled(by rescale: Double) throws {
    let golden = try #require(try Golden.load("guidance-rescale")["\(rescale)"])
    let model = try Models.golden()
    func latents(_ rescale: Double) throws -> Tensor {
      let request = Models.request {
        ($0.steps, $0.guidanceScale, $0.negativePrompt) = (10, 12, "a grey tent on snow, night")
        $0.refinements.rescale = rescale
      }
      return .concatenated(try Generation(request, with: model).map(\.next), along: 0)
    }
    expect(try latents(rescale), golden, within: 1e-4, "z with φ = \(rescale)")
    let other = try latents(0.3).maxAbsDifference(from: golden)
    #expect(other > 1e-2 * golden.maxAbs)
  }

  @Test("guidance in an interval of noise levels acts there, and nowhere else")
  func interval() throws {
    let model = try Models.golden()
    func steps(_ interval: GuidanceInterval?) throws -> [GenerationStep] {
      let request = Models.request {
        ($0.steps, $0.guidanceScale) = (10, 5)
        $0.refinements.interval = interval
      }
      return Array(try Generation(request, with: model))
    }
    let everywhere = try steps(nil)
    // From just below the level of step 3 up to that of step 6.
    let (low, high) = (everywhere[6].sigma - 1e-6, everywhere[3].sigma)
    let limited = try steps(GuidanceInterval(low: low, high: high))
    #expect(limited.map { $0.guidanceScale != 1 } == (0..<10).map { 3...6 ~= $0 })
    #expect(limited[9].next.maxAbsDifference(from: everywhere[9].next) > 1e-2)
    let all = try steps(GuidanceInterval(low: 0, high: .infinity))
    #expect(all[9].next.maxAbsDifference(from: everywhere[9].next) == 0)
    let none = try steps(GuidanceInterval(low: 1000, high: 2000))
    let alone = Models.request { ($0.steps, $0.guidanceScale) = (10, 1) }
    let last = try #require(Array(Generation(alone, with: model)).last)
    #expect(none[9].next.maxAbsDifference(from: last.next) <= 1e-5 * last.next.maxAbs)
  }

  @Test("another seed, prompt, negative prompt or scale is another picture")
  func sensitivity() throws {
    let model = try Models.golden()
    func final(_ change: (inout GenerationRequest) -> Void) throws -> Tensor {
      try #require(Array(Generation(Models.request(change), with: model)).last).next
    }
    let usual = try final { _ in }
    let changes: [(inout GenerationRequest) -> Void] = [
      { $0.seed = 43 }, { $0.prompt = "a blue boat on the sea" }, { $0.negativePrompt = "sea" },
      { $0.guidanceScale = 7 }, { $0.steps = 5 },
    ]
    for change in changes {
      #expect(try final(change).maxAbsDifference(from: usual) > 1e-2 * usual.maxAbs)
    }
  }

  @Test("PLMS as CompVis writes it and PNDM as diffusers does make one picture")
  func plmsIsPNDM() throws {
    let model = try Models.golden()
    let pictures = try [SamplerName.plms, .pndm].map { name in
      try #require(Array(Generation(Models.request { $0.sampler = name }, with: model)).last).next
    }
    #expect(pictures[0].maxAbsDifference(from: pictures[1]) <= 1e-5 * pictures[1].maxAbs)
  }

  @Test("rounding is measured at a step that was made, alone or together with others")
  func rounding() throws {
    let model = try Models.golden()
    let generations = try [42, 43].map { seed in
      try Generation(
        Models.request { ($0.seed, $0.precision) = (seed, .bfloat16) }, with: model)
    }
    let together = try #require(Generation.together(generations))
    let (alone, first) = try (
      #require(generations[0].first { _ in true }), #require(together.first { _ in true })
    )
    let distance = try #require(generations[0].distanceFromFloat32(at: alone))
    #expect((1e-4...0.1).contains(distance))
    let shared = try #require(generations[0].distanceFromFloat32(at: first))
    #expect(abs(shared - distance) <= 0.01 * distance, "\(shared) \(distance)")
    let exact = try Generation(Models.request { _ in }, with: model)
    #expect(exact.distanceFromFloat32(at: alone) == nil)
  }

  @Test("walking twice gives the same numbers, also with a sampler that draws noise")
  func repetition() throws {
    let generation = try Generation(
      Models.request { $0.sampler = .eulerAncestral }, with: Models.golden())
    let walks = (0..<2).map { _ in generation.map(\.next) }
    for (a, b) in zip(walks[0], walks[1]) { #expect(a.elements == b.elements) }
  }

  @Test("nothing changes outside the mask, whatever the sampler", arguments: SamplerName.allCases)
  func knownRegion(sampler: SamplerName) throws {
    let generation = try Generation(
      Models.request {
        ($0.sampler, $0.initialImage, $0.mask) = (sampler, Models.picture, Models.mask)
      }, with: Models.golden())
    let last = try #require(Array(generation).last).next
    // The first draw of the seed is the noise of the posterior.
    let kept = generation.model.firstStage.encode(
      Models.picture, generator: TorchGenerator(seed: 42))
    let right = 3..<6
    #expect(last.slice(right, along: 3).elements == kept.slice(right, along: 3).elements)
    #expect(
      last.slice(0..<3, along: 3).maxAbsDifference(from: kept.slice(0..<3, along: 3)) > 0.1)
  }

  @Test("a probe is asked for at each pass, and sees both halves")
  func probing() throws {
    var sites: [UNetPassSite] = []
    let path = "down_blocks.0.attentions.0.transformer_blocks.0.attn2"
    let probe = RecordingProbe(keeping: [ProbeSite(path, .attentionWeights)])
    let generation = try Generation(
      Models.request { ($0.sampler, $0.steps) = (.heun, 2) }, with: Models.golden()
    ).probed { site in
      sites.append(site)
      return site.step == 1 ? probe : nil
    }
    for _ in generation {}
    #expect(sites.map(\.step) == [0, 0, 1])
    #expect(sites.map(\.call) == [0, 1, 0])
    #expect(sites.allSatisfy { $0.conditions == .both })
    #expect(
      probe.values[ProbeSite(path, .attentionWeights)]?.shape == [2, 2, 36, 77])
  }
}

/// One call of a diffusers pipeline, as `fixtures/golden/pipeline.py` recorded it.
struct PipelineCase: CustomTestStringConvertible {
  let name: String
  let settings: JSONNode

  static let all: [PipelineCase] = {
    let path = Repository.path("fixtures/golden/pipeline.json")
    let nodes = (try? JSONNode(contentsOf: path).elements()) ?? []
    return nodes.compactMap { node in
      (try? node["name"].string()).map { PipelineCase(name: $0, settings: node) }
    }
  }()

  var testDescription: String { name }

  /// The same call of ours.
  func request(_ golden: [String: Tensor]) throws -> GenerationRequest {
    var request = GenerationRequest(prompt: try settings["prompt"].string())
    let sampler = try settings["sampler"].string()
    request.sampler = try SamplerName(parsing: sampler == "dpm++2m" ? "dpm-solver++" : sampler)
    request.steps = try settings["num_inference_steps"].integer()
    request.guidanceScale = try settings["guidance_scale"].number()
    request.negativePrompt = try settings.find("negative_prompt")?.string() ?? ""
    request.height = try settings.find("height")?.integer()
    request.width = try settings.find("width")?.integer()
    request.strength = try settings.find("strength")?.number()
    if try settings.find("image") != nil {
      request.initialImage = golden["init"]?.scaled(by: 2, plus: -1)
    }
    if try settings.find("mask_image") != nil { request.mask = golden["mask"] }
    return request
  }

  /// The model of the golden folder with what this case changes.
  func model(_ golden: [String: Tensor]) throws -> LatentDiffusionModel {
    var model = try Models.golden()
    if name.hasPrefix("nine") { model = try Models.inpainting(golden["nine/conv_in.weight"]) }
    if name == "vq" {
      let part = try #require(try ModelFiles.open(Models.goldenFolder + "/vqvae").autoencoder)
      model = try model.replacing(
        firstStage: .autoencoder(VQModel(part)))
    }
    return try model.replacing(scheduler: settings["config"].members().mapValues(\.value))
  }
}
