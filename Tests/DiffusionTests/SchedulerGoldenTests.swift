import Checkpoints
import Diffusion
import Foundation
import JSON
import Tensors
import Testing
import TestSupport

/// A .json and its .safetensors in fixtures/golden, made by the script of that name beside them.
struct SchedulerGolden {
  struct Case: CustomTestStringConvertible {
    let name: String
    let node: JSONNode
    var testDescription: String { name }
  }
  let root: JSONNode
  let tensors: SafetensorsFile
  let cases: [Case]

  init(_ name: String) throws {
    root = try JSONNode(contentsOf: Repository.path("fixtures/golden/\(name).json"))
    tensors = try SafetensorsFile(Repository.path("fixtures/golden/\(name).safetensors"))
    cases = try root["cases"].elements().map { Case(name: try $0["name"].string(), node: $0) }
  }

  func shape() throws -> [Int] { try root["shape"].integers() }

  func mixture() throws -> GaussianMixture {
    let weights = try root["weights"].numbers()
    return GaussianMixture(
      means: Tensor(
        [weights.count] + (try shape().dropFirst()),
        try root["means"].numbers().map { Float($0) }),
      variances: .isotropic(try root["variances"].numbers()), weights: weights)
  }
}

/// The mixture's best prediction in the form that a case asks for.
private struct GoldenModel: NoisePredictor {
  let mixture: GaussianMixture
  let schedule: NoiseSchedule
  let predictionType: PredictionType

  func predict(_ x: Tensor, at t: Double) -> Prediction {
    let level = schedule.level(at: t)
    let noise = mixture.expectedNoise(x, at: level)
    switch predictionType {
    case .noise: return Prediction(output: noise)
    case .original: return Prediction(output: mixture.expectedOriginal(x, at: level))
    case .velocity:
      return Prediction(
        output: level.velocity(original: mixture.expectedOriginal(x, at: level), noise: noise))
    }
  }
}

extension Double {
  fileprivate mutating func formMaximum(_ other: Double) { self = max(self, other) }
}

@Suite("agreement with diffusers") struct SchedulerGoldenTests {
  static let golden = Result { try SchedulerGolden("schedulers") }

  @Test("the schedules") func schedules() throws {
    for node in try Self.golden.get().root["schedules"].elements() {
      let schedule = try SchedulerConfiguration(node["config"]).schedule
      let timesteps = try node["timesteps"].integers()
      let (betas, bars) = try (node["betas"].numbers(), node["alphasCumprod"].numbers())
      let exact = try node["exactAlphasCumprod"].numbers()
      for (index, t) in timesteps.enumerated() {
        // The schedules of diffusers are products of a thousand float32.
        #expect(abs(schedule.betas[t] - betas[index]) <= 1e-5, "t = \(t)")
        #expect(
          abs(schedule.alphasCumprod[t] - bars[index]) <= 1e-11 + 2e-5 * bars[index], "t = \(t)")
        #expect(abs(schedule.alphasCumprod[t] - exact[index]) <= 1e-9 * exact[index], "t = \(t)")
      }
    }
  }

  /// The sample after each step of a case's walk.
  static func walk(_ node: JSONNode, in golden: SchedulerGolden) throws -> [Tensor] {
    let configuration = try SchedulerConfiguration(node["config"])
    let sampler = try configuration.sampler(
      SamplerName(parsing: node["sampler"].string()), steps: node["steps"].integer(),
      settings: WalkSettings(eta: node.find("eta")?.number()))
    let mixture = try golden.mixture()
    let generator = TorchGenerator(seed: UInt64(try node["seed"].integer()))
    let noise = generator.normal(try golden.shape())
    var (start, first) = (Float(sampler.initialNoiseScale) * noise, 0)
    var region: KnownRegion?
    let known = mixture.means.rows(0..<1)
    if let strength = try node.find("strength")?.number() {
      first = try sampler.firstIndex(strength: strength)
      start = sampler.start(from: known, noise: noise, at: first)
    }
    if try node.find("inpaint")?.bool() == true {
      let mask = Tensor(noise.shape, (0..<noise.count).map { $0 % 4 < 2 ? 1 : 0 })
      region = KnownRegion(original: known, noise: noise, mask: mask)
    }
    let model = GoldenModel(
      mixture: mixture, schedule: configuration.schedule,
      predictionType: configuration.predictionType)
    return DenoisingTrajectory(
      from: start, sampler: sampler, predictor: model, generator: generator, firstIndex: first,
      knownRegion: region
    ).map(\.next)
  }

  @Test(
    "every trajectory of every scheduler",
    // DDPM's thousand steps add the rounding up; a coefficient that is off by a thousandth is seen by 2e-5.
    arguments: [("schedulers", 1e-4), ("sampler-settings", 2e-5)])
  func trajectories(_ name: String, tolerance: Double) throws {
    let golden = try SchedulerGolden(name)
    var (worst, compared): ([String: Double], Int) = ([:], 0)
    for item in golden.cases {
      let walk = try Self.walk(item.node, in: golden)
      let kept = try item.node["kept"].integers()
      let scale = try item.node["scale"].number()
      let sampler = try item.node["sampler"].string()
      for (source, bound) in [("diffusers", tolerance), ("reference", 1e-5)] {
        guard golden.tensors.names.contains("\(item.name).\(source)") else { continue }
        let expected = try golden.tensors.tensor(named: "\(item.name).\(source)")
        try #require(walk.count == (kept.last ?? 0) + 1, "\(item.name)")
        for (row, index) in kept.enumerated() {
          let values = walk[index].reshaped([1, -1])
          let difference =
            Double(values.maxAbsDifference(from: expected.rows(row..<row + 1))) / scale
          #expect(difference <= bound, "\(item.name).\(source), step \(index)")
          worst["\(sampler) against \(source)", default: 0].formMaximum(difference)
        }
        compared += 1
      }
    }
    #expect(compared == golden.tensors.names.count)
    for (name, difference) in worst.sorted(by: { $0.key < $1.key }) {
      print("trajectories, \(name): max |Δ|/scale \(difference)")
    }
  }

  @Test("quantiles of the beta distribution are scipy's") func quantiles() throws {
    for row in try SchedulerGolden("sampler-settings").root["quantiles"].elements() {
      let values = try row.numbers()
      let distribution = BetaDistribution(alpha: values[0], beta: values[1])
      let quantile = distribution.quantile(values[2])
      #expect(abs(quantile - values[3]) <= 1e-12 * values[3], "\(values), found \(quantile)")
      #expect(abs(distribution.cumulative(quantile) - values[2]) <= 1e-12 * values[2])
    }
  }
}
