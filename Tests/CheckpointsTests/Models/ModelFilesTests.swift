import Checkpoints
import Diagnostics
import Foundation
import JSON
import Tensors
import Testing
import TestSupport

@Suite("CompVis checkpoints, opened as diffusers has them") struct ModelFilesTests {
  private func path(_ name: String) -> String {
    Repository.path("fixtures/golden/compvis/\(name)")
  }

  private func components(_ model: ModelFiles) -> [String: ModelComponent] {
    ["unet": model.unet, "vae": model.autoencoder, "text_encoder": model.textEncoder]
      .compactMapValues { $0 }
  }

  @Test(
    "every tensor is the one that diffusers' conversion takes, and none is left over",
    arguments: ["sd", "sd-legacy", "kl-f16", "vq-f8", "vq-noattn"])
  func agreesWithConversion(name: String) throws {
    let raw = try WeightFile.open(path("\(name).ckpt"))
    let expected = try JSONNode(contentsOf: path("\(name).json"))["tensors"].members()
    let opened = components(try ModelFiles.open(path("\(name).ckpt")))
    var compared = 0
    for (part, component) in opened {
      for tensorName in component.weights.names {
        let entry = try #require(
          expected["\(part).\(tensorName)"], "\(part).\(tensorName) is not diffusers' name"
        ).elements()
        let tensor = try component.weights.tensor(
          named: tensorName, shape: entry[1].integers())
        #expect(tensor.elements == (try raw.tensor(named: entry[0].string()).elements))
        compared += 1
      }
    }
    #expect(compared == expected.keys.filter { !$0.hasPrefix("ema.") }.count)
  }

  @Test("the moving averages, where they are asked for", arguments: ["sd", "vq-f8"])
  func movingAverages(name: String) throws {
    let raw = try WeightFile.open(path("\(name).ckpt"))
    let model = try ModelFiles.open(path("\(name).ckpt"), weights: .movingAverage)
    let weights = try #require(model.unet ?? model.autoencoder).weights
    let expected = try JSONNode(contentsOf: path("\(name).json"))["tensors"].members()
      .filter { $0.key.hasPrefix("ema.") }
    #expect(weights.names.count == expected.count)
    for tensorName in weights.names {
      let entry = try #require(expected["ema.\(tensorName)"]).elements()
      let source = try entry[0].string()
      #expect(source.hasPrefix("model_ema."))
      let tensor = try weights.tensor(named: tensorName, shape: entry[1].integers())
      #expect(tensor.elements == (try raw.tensor(named: source).elements))
    }
  }

  @Test("moving averages that are not there are missed")
  func noMovingAverages() {
    #expect(throws: CheckpointError.self) {
      try ModelFiles.open(path("kl-f16.ckpt"), weights: .movingAverage)
    }
  }

  @Test(
    "the architecture is read from names and shapes",
    arguments: ["sd", "sd-legacy", "kl-f16", "vq-f8", "vq-noattn"])
  func configuration(name: String) throws {
    let model = try ModelFiles.open(path("\(name).ckpt"))
    let expected = try JSONNode(contentsOf: path("\(name).json"))["configuration"].members()
    var found = components(model).mapValues(\.configuration)
    if let scheduler = model.scheduler { found["scheduler"] = scheduler }
    #expect(Set(found.keys) == Set(expected.keys))
    for (part, settings) in expected {
      for (key, setting) in try settings.members() {
        #expect(try found[part]?[key].value == setting.value, "\(part): \(key)")
      }
    }
  }

  @Test("what a U-Net-less file does not tell is left out, what Stable Diffusion fixes is stated")
  func scalingFactor() throws {
    let whole = try ModelFiles.open(path("sd.ckpt"))
    #expect(try whole.autoencoder?.configuration["scaling_factor"].number() == 0.18215)
    #expect(try whole.unet?.configuration["in_channels"].integer() == 4)
    #expect(
      try ModelFiles.open(path("kl-f16.ckpt")).autoencoder?.configuration.find("scaling_factor")?
        .number() == nil)
  }

  @Test("weights stay as they are stored until they are asked for")
  func lazy() throws {
    let unet = try #require(try ModelFiles.open(path("sd.ckpt")).unet)
    #expect(unet.weights.info("conv_in.weight")?.elementType == .float16)
    #expect(unet.weights.origin == path("sd.ckpt"))
  }

  @Test("what is no model is said so")
  func noModel() throws {
    #expect(throws: FileError.missing(path: "/nonexistent")) {
      try ModelFiles.open("/nonexistent")
    }
    #expect(throws: CheckpointError.self) {
      try ModelFiles.open(Repository.path("fixtures/golden/torch-files/zip.ckpt"))
    }
    #expect(throws: CheckpointError.self) { try ModelFiles.open(Repository.path("Package.swift")) }
    try withTemporaryFolder { folder in
      _ = #expect(throws: FileError.self) { try ModelFiles.open(folder.path) }
    }
  }
}
