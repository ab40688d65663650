import JSON
import Networks
import Tensors
import Testing
import TestSupport
import Training

@Suite("AdamW") struct AdamWTests {
  private static let shapes = [[7, 5], [11, 3]]

  private func parameters() -> [Parameter] {
    Self.shapes.enumerated().map { i, shape in
      Parameter(name: "p\(i)", shape: shape) {
        TorchGenerator(seed: UInt64(i)).normal(shape)
      }
    }
  }

  /// Gradients as the golden script draws them: a table whose rows are looked up in order is itself.
  private func gradients(_ parameters: [Parameter], step: Int) -> Gradients {
    let tape = GradientTape(training: parameters)
    let pass = ForwardPass(tape: tape)
    return tape.backward(
      from: parameters.enumerated().map { i, parameter in
        let drawn = TorchGenerator(seed: UInt64(100 + 10 * step + i)).normal(parameter.shape)
        let rows = parameter.shape[0]
        return (
          output: pass.embedding(Array(0..<rows), shape: [rows], parameter, at: parameter.name),
          gradient: drawn.scaled(by: Float(step + 1))
        )
      })
  }

  private func error(_ name: String, learningRate: Double, _ settings: AdamW.Settings) throws
    -> Double
  {
    let golden = try JSONNode(contentsOf: Repository.path("fixtures/golden/adamw.json"))[name]
    let parameters = parameters()
    let optimizer = AdamW(parameters, settings)
    var worst = 0.0
    for (step, norm) in try golden["norms"].numbers().enumerated() {
      let found = optimizer.step(gradients(parameters, step: step), learningRate: learningRate)
      worst = max(worst, abs(found - norm) / norm)
    }
    for (parameter, expected) in zip(parameters, try golden["parameters"].elements()) {
      for (found, value) in zip(parameter.value.elements, try expected.numbers()) {
        worst = max(worst, abs(Double(found) - value) / max(abs(value), 1e-2))
      }
    }
    return worst
  }

  @Test("ten steps agree with PyTorch")
  func golden() throws {
    let plain = try error("plain", learningRate: 1e-2, AdamW.Settings())
    #expect(plain <= 5e-5)
    let clipped = try error(
      "clipped", learningRate: 3e-3,
      AdamW.Settings(beta1: 0.5, beta2: 0.9, epsilon: 1e-6, weightDecay: 0.1, clipNorm: 1))
    #expect(clipped <= 5e-5)
  }

  @Test("another setting is noticed")
  func changed() throws {
    let undecayed = try error("plain", learningRate: 1e-2, AdamW.Settings(weightDecay: 0))
    #expect(undecayed > 1e-4)
    let unclipped = try error(
      "clipped", learningRate: 3e-3,
      AdamW.Settings(beta1: 0.5, beta2: 0.9, epsilon: 1e-6, weightDecay: 0.1))
    #expect(unclipped > 1e-4)
  }

  @Test("a parameter without a gradient stays")
  func untouched() {
    let parameters = parameters()
    let before = parameters.map(\.value.elements)
    let tape = GradientTape(training: [])
    AdamW(parameters).step(tape.backward(from: []), learningRate: 1)
    #expect(parameters.map(\.value.elements) == before)
  }
}
