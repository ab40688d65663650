import Diffusion
import Foundation
import JSON
import LatentDiffusion
import Testing
import TestSupport

@Suite("What is told of a walk") struct DeparturesTests {
  private func departures(
    _ sampler: SamplerName, steps: Int, _ walk: WalkSettings = WalkSettings(),
    schedule: String = "scaled_linear"
  ) throws -> [String] {
    try withTemporaryFolder { folder in
      let model = folder.appendingPathComponent("model")
      try FileManager.default.copyItem(at: URL(fileURLWithPath: Models.goldenFolder), to: model)
      let path = model.appendingPathComponent("scheduler/scheduler_config.json")
      var members = try JSONNode(contentsOf: path.path).members().mapValues(\.value)
      members["beta_schedule"] = .string(schedule)
      try JSONValue.object(members).serialized.write(to: path, atomically: false, encoding: .utf8)
      var request = GenerationRequest(prompt: "a boat")
      (request.sampler, request.steps, request.walk) = (sampler, steps, walk)
      return try Generation(request, with: LatentDiffusionModel(opening: model.path)).departures
    }
  }

  /// The golden folder's file is Stable Diffusion's: `leading` timesteps, moved up by one.
  @Test(
    "a walk that begins late because its steps are rounded down says where",
    arguments: [
      (SamplerName.ddim, 501, 501), (.ddim, 999, nil), (.ddim, 400, 799), (.ddim, 3, nil),
      (.ddim, 500, nil), (.pndm, 3, nil), (.pndm, 1, nil), (.ddim, 2, nil),
    ] as [(SamplerName, Int, Int?)])
  func late(sampler: SamplerName, steps: Int, first: Int?) throws {
    let told = try departures(sampler, steps: steps).filter { $0.contains("begins at timestep") }
    #expect(told.count == (first == nil ? 0 : 1), "\(told)")
    if let first { #expect(told[0].contains("timestep \(first) of 0 to 999"), "\(told)") }
  }

  @Test("so does a solver, which spaces one point more")
  func solvers() throws {
    let leading = WalkSettings(spacing: .leading)
    let late = try departures(.dpmSolver, steps: 500, leading).filter { $0.contains("begins at") }
    #expect(late.count == 1 && late[0].contains("1000/501"), "\(late)")
    #expect(try departures(.dpmSolver, steps: 499, leading).isEmpty)
    #expect(try departures(.dpmSolver, steps: 500).isEmpty)
  }

  @Test("timesteps that diffusers cuts off are told of where its schedule is another")
  func cut() throws {
    for sigmas in [SigmaSpacing.exponential, .beta] {
      let walk = WalkSettings(sigmas: sigmas)
      #expect(try departures(.dpmSolver, steps: 5, walk).isEmpty)
      let told = try departures(.dpmSolver, steps: 5, walk, schedule: "linear")
      #expect(told.count == 1 && told[0].contains("998") && told[0].contains("999"), "\(told)")
      #expect(try departures(.euler, steps: 5, walk, schedule: "linear").isEmpty)
    }
    #expect(
      try departures(.unipc, steps: 5, WalkSettings(sigmas: .karras), schedule: "linear").isEmpty)
  }
}
