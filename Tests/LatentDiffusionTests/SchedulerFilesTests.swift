import Diffusion
import Foundation
import GoldenSupport
import JSON
import LatentDiffusion
import Networks
import Tensors
import Testing
import TestSupport

@Suite("A folder is drawn as diffusers draws it, with no option given") struct SchedulerFilesTests {
  /// One scheduler file, as `fixtures/golden/scheduler-files.py` recorded it.
  struct Case: CustomTestStringConvertible {
    let name: String
    let record: JSONNode
    var testDescription: String { name }

    static let all: [Case] = {
      let path = Repository.path("fixtures/golden/scheduler-files.json")
      let nodes = (try? JSONNode(contentsOf: path).elements()) ?? []
      return nodes.compactMap { node in
        (try? node["name"].string()).map { Case(name: $0, record: node) }
      }
    }()

    /// The golden folder with this file laid into it.
    func open(in folder: URL) throws -> LatentDiffusionModel {
      let model = folder.appendingPathComponent("model")
      try FileManager.default.copyItem(
        at: URL(fileURLWithPath: Models.goldenFolder), to: model)
      try record["config"].value.serialized.write(
        to: model.appendingPathComponent("scheduler/scheduler_config.json"), atomically: false,
        encoding: .utf8)
      let index = model.appendingPathComponent("model_index.json")
      var parts = try JSONNode(contentsOf: index.path).members().mapValues(\.value)
      parts["scheduler"] = .array([.string("diffusers"), try record["config"]["_class_name"].value])
      try JSONValue.object(parts).serialized.write(to: index, atomically: false, encoding: .utf8)
      if let version = try record.find("version")?.string() {
        let path = model.appendingPathComponent("unet/config.json")
        var members = try JSONNode(contentsOf: path.path).members().mapValues(\.value)
        members["_diffusers_version"] = .string(version)
        try JSONValue.object(members).serialized.write(to: path, atomically: false, encoding: .utf8)
      }
      return try LatentDiffusionModel(opening: model.path)
    }

    func request() throws -> GenerationRequest {
      var request = GenerationRequest(prompt: "a red boat")
      request.steps = try record.find("steps")?.integer() ?? 5
      if let kind = try record.find("as")?.string() {
        request.sampler = SamplerName.allCases.first { $0.schedulerClass == kind + "Scheduler" }
      }
      if let strength = try record.find("strength")?.number() {
        request.strength = strength
        request.initialImage = try Golden.load("pipeline")["init"]?.scaled(by: 2, plus: -1)
      }
      return request
    }
  }

  @Test("timesteps of the calls and the last latent", arguments: Case.all)
  func golden(_ file: Case) throws {
    let expected = try #require(try Golden.load("scheduler-files")[file.name])
    try withTemporaryFolder { folder in
      let generation = try Generation(file.request(), with: file.open(in: folder))
      var (latent, timesteps) = (generation.start, [Double]())
      for step in generation {
        timesteps += step.denoising.evaluations.map(\.level.t)
        latent = step.next
      }
      let calls = try file.record["timesteps"].numbers()
      #expect(timesteps.count == calls.count)
      // diffusers looks timesteps up among the logarithms of single precision.
      #expect(zip(timesteps, calls).allSatisfy { abs($0 - $1) < 5e-3 }, "\(timesteps)")
      // The tiny model's latents grow to 80, where 1e-5 of the largest is 50 units in the last place.
      // KDPM2 looks every second timestep up.
      let bound: Float = file.name.hasPrefix("kdpm2") ? 2e-5 : 1e-5
      let difference = latent.maxAbsDifference(from: expected)
      #expect(
        difference <= bound * max(expected.maxAbs, 1), "max |Δ| \(difference) of \(expected.maxAbs)"
      )
    }
  }

  @Test(
    "a size below 64 in a file of 2022 counts as 64 where it is one number",
    arguments: [
      (size: .integer(8), version: "0.8.1", taken: 64), (.integer(8), "0.9.0", 8),
      (.integer(8), "1.0.0", 8), (.array([.integer(8), .integer(8)]), "0.8.1", 8),
      (.integer(72), "0.8.1", 72),
      (.integer(8), "new", 8),
    ] as [(size: JSONValue, version: String, taken: Int)])
  func sampleSize(_ file: (size: JSONValue, version: String, taken: Int)) throws {
    let folder = URL(fileURLWithPath: Models.goldenFolder)
    let path = folder.appendingPathComponent("unet/config.json").path
    var members = try JSONNode(contentsOf: path).members().mapValues(\.value)
    members["_diffusers_version"] = .string(file.version)
    members["sample_size"] = file.size
    let configuration = try UNetConfiguration(
      asPipelinesRead: JSONNode(.object(members), file: "config.json"))
    #expect(configuration.sampleSize == [file.taken, file.taken])
  }

  @Test(
    "a walk that begins where single precision is coarse says so",
    arguments: [(SamplerName.euler, true), (.eulerAncestral, true), (.ddim, false)])
  func coarse(_ sampler: SamplerName, isCoarse: Bool) throws {
    let file = try #require(Case.all.first { $0.name == "ddim-zero-snr" })
    try withTemporaryFolder { folder in
      var request = try file.request()
      request.sampler = sampler
      let generation = try Generation(request, with: file.open(in: folder))
      #expect(generation.departures.contains { $0.contains("σ = 4096") } == isCoarse)
    }
  }

  @Test("a walk that diffusers would clip says so, and only that one")
  func clipping() throws {
    let file = try #require(Case.all.first { $0.name == "euler" })
    try withTemporaryFolder { folder in
      let model = try file.open(in: folder)
      for (sampler, isTold) in [(SamplerName.ddim, true), (.ddpm, true), (.heun, false)] {
        var request = try file.request()
        request.sampler = sampler
        let told = try Generation(request, with: model).departures
        #expect(told.contains { $0.contains("clip_sample") } == isTold)
      }
    }
  }

  @Test("all files are there")
  func count() { #expect(Case.all.count == 50) }
}
