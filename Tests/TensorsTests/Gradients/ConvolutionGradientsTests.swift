import Tensors
import Testing

@Suite("gradients of 2-D convolution") struct ConvolutionGradientsTests {
  typealias Case = ConvolutionTests.Case

  static let cases =
    ConvolutionTests.cases + [
      Case(batch: 32, height: 4, width: 4, inputs: 128, outputs: 128),
      Case(batch: 9, height: 16, width: 16, inputs: 64, outputs: 64),
      Case(batch: 2, height: 64, width: 64, inputs: 3, outputs: 16),
      Case(batch: 3, height: 24, width: 20, inputs: 24, outputs: 3),
      Case(height: 9, width: 10, padding: Padding(top: 2, left: 0, bottom: 1, right: 2)),
      Case(height: 9, width: 10, padding: Padding(3)),
    ]

  @Test("equal the sums over windows", arguments: cases) func windows(_ c: Case) {
    let generator = TorchGenerator(seed: 31)
    let x = generator.normal([c.batch, c.height, c.width, c.inputs])
    let weight = generator.normal([c.outputs, c.inputs, c.kernel, c.kernel])
    let y = Tensor.convolution2d(x, weight, stride: c.stride, padding: c.padding)
    let dy = generator.normal(y.shape)
    let reference = Reference.convolution2dGradients(
      x, weight, outputGradient: dy, stride: c.stride, padding: c.padding)
    forEachInstructionSet { isa in
      let fast = Tensor.convolution2dGradients(
        x, weight, outputGradient: dy, stride: c.stride, padding: c.padding)
      let label = "\(c.testDescription) \(isa)"
      expectClose(fast.input ?? x, reference.input, within: 1e-5, "∂x \(label)")
      expectClose(fast.weight ?? weight, reference.weight, within: 1e-5, "∂W \(label)")
      expectClose(fast.bias ?? x, reference.bias, within: 1e-5, "∂b \(label)")
    }
  }

  @Test("only what is asked for is computed") func needs() {
    let generator = TorchGenerator(seed: 32)
    let (x, weight) = (generator.normal([1, 8, 8, 4]), generator.normal([6, 4, 3, 3]))
    let dy = generator.normal([1, 8, 8, 6])
    let g = Tensor.convolution2dGradients(
      x, weight, outputGradient: dy, padding: Padding(1), needing: .weight)
    #expect(g.input == nil && g.weight?.shape == [6, 4, 3, 3] && g.bias == nil)
  }
}
