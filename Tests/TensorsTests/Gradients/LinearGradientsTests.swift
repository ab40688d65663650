import Tensors
import Testing

@Suite("gradients of linear layers") struct LinearGradientsTests {
  @Test(
    "equal those of a convolution of single pixels",
    arguments: [(1, 1, 1), (5, 7, 3), (300, 64, 64), (130, 320, 48), (200, 33, 257), (9, 100, 16)])
  func definition(rows: Int, inputs: Int, outputs: Int) {
    let generator = TorchGenerator(seed: 39)
    let x = generator.normal([rows, inputs])
    let (weight, dy) = (generator.normal([outputs, inputs]), generator.normal([rows, outputs]))
    let reference = Reference.convolution2dGradients(
      x.reshaped([1, 1, rows, inputs]), weight.reshaped([outputs, inputs, 1, 1]),
      outputGradient: dy.reshaped([1, 1, rows, outputs]), stride: 1, padding: .none)
    forEachInstructionSet { isa in
      let g = Tensor.linearGradients(x, weight, outputGradient: dy)
      let label = "\(rows)×\(inputs)→\(outputs) \(isa)"
      expectClose(g.input ?? x, reference.input.reshaped(x.shape), within: 1e-5, "∂x \(label)")
      expectClose(
        g.weight ?? weight, reference.weight.reshaped(weight.shape), within: 1e-5, "∂W \(label)")
      expectClose(g.bias ?? x, reference.bias, within: 1e-5, "∂b \(label)")
    }
  }
}
