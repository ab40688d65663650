import GoldenSupport
import JSON
import Networks
import Tensors
import Testing
import TestSupport
import Training

/// Gradients of whole small networks against PyTorch's autograd, from
/// `fixtures/golden/autoencoder-gradients.py`.
@Suite("Gradients of the first training stage") struct AutoencoderObjectiveTests {
  @Test("a KL autoencoder's equal autograd's")
  func klGradients() throws {
    let golden = try GoldenGradients("kl")
    let model = try golden.network(AutoencoderKL.self)
    var objective = AutoencoderObjective()
    objective.reconstruction.squaredWeight = 0.7
    objective.divergenceWeight = 0.01 * 3 * 8 * 12
    let step = objective.step(
      model, on: try golden.tensor("image"), noise: try golden.tensor("noise"), critic: nil)
    #expect(abs(step.losses.total / golden.loss - 1) < 1e-5)
    #expect(try golden.worstError(step.gradients, model.parameters) < 1e-4)
    #expect(step.codes.isEmpty)
  }

  @Test("a VQ autoencoder's equal autograd's, straight through the codebook")
  func vqGradients() throws {
    let golden = try GoldenGradients("vq")
    let model = try golden.network(VQModel.self)
    var objective = AutoencoderObjective()
    objective.reconstruction.squaredWeight = 0
    let step = objective.step(model, on: try golden.tensor("image"), critic: nil)
    #expect(abs(step.losses.total / golden.loss - 1) < 1e-5)
    #expect(try golden.worstError(step.gradients, model.parameters) < 1e-4)
    #expect(step.codes.count == 2 * 4 * 2)
  }

  @Test("the discriminator's equal autograd's")
  func discriminatorGradients() throws {
    let golden = try GoldenGradients("discriminator")
    let critic = try golden.network(PatchDiscriminator.self)
    let judged = critic.judge(real: try golden.tensor("real"), fake: try golden.tensor("fake"))
    #expect(abs(judged.value / golden.loss - 1) < 1e-5)
    #expect(try golden.worstError(judged.gradients, critic.parameters) < 1e-4)
  }

  @Test("a wrong weight of any loss is noticed", arguments: [0.69, 0.71])
  func wrongWeight(weight: Double) throws {
    let golden = try GoldenGradients("kl")
    let model = try golden.network(AutoencoderKL.self)
    var objective = AutoencoderObjective()
    objective.reconstruction.squaredWeight = weight
    objective.divergenceWeight = 0.01 * 3 * 8 * 12
    let step = objective.step(
      model, on: try golden.tensor("image"), noise: try golden.tensor("noise"), critic: nil)
    #expect(try golden.worstError(step.gradients, model.parameters) > 1e-3)
  }

  @Test("with all parts the gradient descends the sum")
  func fullObjective() throws {
    let golden = try GoldenGradients("kl")
    let model = try golden.network(AutoencoderKL.self)
    let critic = try PatchDiscriminator(PatchDiscriminatorConfiguration(), seed: 1)
    let generator = TorchGenerator(seed: 5)
    let images = generator.normal([2, 3, 24, 24]).map { max(-1, min(1, $0)) }
    let noise = generator.normal([2, 2, 12, 12])
    var objective = AutoencoderObjective()
    objective.perceptual = PerceptualLoss(try RandomFeatures())
    objective.perceptualWeight = 0.5
    objective.adversarialWeight = 0.8
    let step = objective.step(model, on: images, noise: noise, critic: critic)
    // λ follows the parameters and is no part of the gradient: here it is held fixed.
    func total() -> Double {
      let losses = objective.step(model, on: images, noise: noise, critic: critic).losses
      return losses.total + (step.losses.adaptiveWeight - losses.adaptiveWeight) * losses.generator
    }
    #expect(step.losses.adaptiveWeight > 0)
    for name in ["decoder.conv_in.weight", "encoder.conv_out.bias", "quant_conv.weight"] {
      let parameter = try #require(model.parameters.first { $0.name == name })
      let gradient = try #require(step.gradients[parameter])
      let direction = gradient.scaled(by: 1 / Float(gradient.norm))
      let (start, h) = (parameter.value, 2e-3 as Float)
      parameter.value = Tensor.weightedSum(1, start, h, direction)
      let above = total()
      parameter.value = Tensor.weightedSum(1, start, -h, direction)
      let slope = (above - total()) / Double(2 * h)
      parameter.value = start
      #expect(abs(slope / gradient.norm - 1) < 0.03, "\(name): \(slope), \(gradient.norm)")
    }
  }
}

/// One case of the golden script.
struct GoldenGradients {
  let name: String
  let loss: Double
  private let configuration: JSONNode
  private let weights: DrawnWeights
  private let tensors: [String: Tensor]

  init(_ name: String) throws {
    self.name = name
    let node = try JSONNode(
      contentsOf: Repository.path("fixtures/golden/autoencoder-gradients.json"))[name]
    configuration = try node["config"]
    weights = DrawnWeights(
      shapes: try node["tensors"].members().mapValues { try $0.integers() }, origin: name)
    loss = try node["loss"].number()
    tensors = try Golden.load("autoencoder-gradients")
  }

  func network<N: Network>(_ type: N.Type) throws -> N {
    try N(N.Configuration(configuration), weights: weights)
  }

  func tensor(_ key: String) throws -> Tensor { try #require(tensors["\(name)/\(key)"]) }

  /// max over parameters of max |Δ| relative to the largest magnitude of that parameter's gradient.
  func worstError(_ gradients: Gradients, _ parameters: [Parameter]) throws -> Float {
    try parameters.map { parameter in
      let expected = try tensor("gradient/\(parameter.name)")
      let found = try #require(gradients[parameter], "\(parameter.name) has no gradient")
      // What is zero but for rounding, as a bias before a normalisation, counts absolutely.
      return found.maxAbsDifference(from: expected) / max(expected.maxAbs, 1e-3)
    }.max() ?? .infinity
  }
}
