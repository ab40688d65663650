import Diffusion
import LatentDiffusion
import Tensors
import Testing

@Suite("one step, looked at") struct GenerationStepTests {
  @Test("the halves are noises, whatever the model predicts", arguments: PredictionType.allCases)
  func halves(type: PredictionType) throws {
    let model = try Models.golden().replacing(
      scheduler: ["prediction_type": .string(type.rawValue)])
    let generation = try Generation(Models.request(), with: model)
    let step = try #require(Array(generation.prefix(1)).first)
    let (u, c) = (
      try #require(step.unconditionalNoise), try #require(step.conditionalNoise)
    )
    let s = Float(step.guidanceScale)
    let combined = Tensor.weightedSum(1 - s, u, s, c)
    #expect(combined.maxAbsDifference(from: step.predictedNoise) < 1e-4 * combined.maxAbs)
    let direction = try #require(step.guidanceDirection)
    #expect(direction.maxAbsDifference(from: c - u) == 0)
    let wrong = Tensor.weightedSum(1 - 1.1 * s, u, 1.1 * s, c)
    #expect(wrong.maxAbsDifference(from: step.predictedNoise) > 1e-2 * combined.maxAbs)
  }

  @Test("without guidance there are no halves")
  func unguided() throws {
    let generation = try Generation(
      Models.request { $0.guidanceScale = 1 }, with: Models.golden())
    let step = try #require(Array(generation.prefix(1)).first)
    #expect(step.guidanceDirection == nil)
    #expect(step.guidanceScale == 1)
    #expect(step.t == 751)
    #expect(step.sigma > 1)
    #expect(step.seconds > 0)
  }
}
