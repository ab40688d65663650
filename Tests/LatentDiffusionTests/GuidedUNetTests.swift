import Checkpoints
import Diffusion
import Foundation
import GoldenSupport
import JSON
import LatentDiffusion
import Tensors
import Testing
import TestSupport

@Suite("A U-Net that is told its guidance scale") struct GuidedUNetTests {
  /// The golden folder, its U-Net with fixtures/golden/guided-unet.py's additional tensor.
  private func model(in folder: URL) throws -> LatentDiffusionModel {
    let model = folder.appendingPathComponent("model")
    try FileManager.default.copyItem(at: URL(fileURLWithPath: Models.goldenFolder), to: model)
    let unet = model.appendingPathComponent("unet")
    let config = unet.appendingPathComponent("config.json")
    var members = try JSONNode(contentsOf: config.path).members().mapValues(\.value)
    members["time_cond_proj_dim"] = .integer(8)
    try JSONValue.object(members).serialized.write(to: config, atomically: false, encoding: .utf8)
    let weights = unet.appendingPathComponent("diffusion_pytorch_model.safetensors").path
    let file = try SafetensorsFile(weights)
    var tensors: [String: Tensor] = [:]
    for name in file.names { tensors[name] = try file.tensor(named: name) }
    let features = try JSONNode(contentsOf: config.path)["block_out_channels"].integers()[0]
    tensors["time_embedding.cond_proj.weight"] = Tensor(
      [features, 8], (0..<8 * features).map { Float(0.3 * sin(1 + Double($0))) })
    try SafetensorsFile.write(tensors, metadata: ["format": "pt"], to: weights)
    return try LatentDiffusionModel(opening: model.path)
  }

  @Test(
    "draws what diffusers draws with the samplers that such networks are made for",
    arguments: [(SamplerName.lcm, nil), (.tcd, 0.3)] as [(SamplerName, Double?)])
  func distilled(sampler: SamplerName, eta: Double?) throws {
    let expected = try #require(try Golden.load("guided-unet")[sampler.rawValue])
    try withTemporaryFolder { folder in
      var request = GenerationRequest(prompt: "a red boat", sampler: sampler, guidanceScale: 7.5)
      (request.steps, request.walk.eta) = (4, eta)
      let generation = try Generation(request, with: model(in: folder))
      let latent = generation.reduce(generation.start) { $1.next }
      let difference = latent.maxAbsDifference(from: expected)
      print("guided U-Net, \(sampler.rawValue): max |Δ| \(difference) of \(expected.maxAbs)")
      #expect(difference <= 1e-5 * max(expected.maxAbs, 1), "max |Δ| \(difference)")
    }
  }

  @Test("draws what diffusers draws, in one pass for each call", arguments: [1.0, 3, 7.5])
  func golden(scale: Double) throws {
    let expected = try #require(try Golden.load("guided-unet")["scale-\(scale)"])
    try withTemporaryFolder { folder in
      var request = GenerationRequest(prompt: "a red boat", guidanceScale: scale)
      (request.negativePrompt, request.steps) = ("blue", 4)
      let generation = try Generation(request, with: model(in: folder))
      var latent = generation.start
      for step in generation {
        #expect(step.denoising.evaluations.allSatisfy { $0.prediction.guidance == nil })
        latent = step.next
      }
      let difference = latent.maxAbsDifference(from: expected)
      print("guided U-Net, s = \(scale): max |Δ| \(difference) of \(expected.maxAbs)")
      #expect(difference <= 1e-5 * max(expected.maxAbs, 1), "max |Δ| \(difference)")
      #expect(generation.departures.contains { $0.contains("told the guidance scale") })
    }
  }
}
