import Tensors
import Testing

@Suite("linear layers") struct LinearTests {
  @Test("x Wᵀ + b + residual", arguments: [(1, 1, 1), (77, 40, 33), (130, 320, 64), (5, 7, 0)])
  func linear(rows: Int, inputs: Int, outputs: Int) {
    let generator = TorchGenerator(seed: 1)
    let x = generator.normal([1, rows, inputs])
    let weight = generator.normal([outputs, inputs])
    let (bias, residual) = (generator.normal([outputs]), generator.normal([1, rows, outputs]))
    let what = "linear \(rows)×\(inputs)→\(outputs)"
    let plain = Reference.linear(x, weight, bias: nil).reshaped([1, rows, outputs])
    expectClose(Tensor.linear(x, weight), plain, within: 2e-6, what)
    let biased = Reference.linear(x, weight, bias: bias).reshaped([1, rows, outputs])
    expectClose(Tensor.linear(x, weight, bias: bias), biased, within: 2e-6, what + " + bias")
    expectClose(
      Tensor.linear(x, weight, bias: bias, adding: residual), biased + residual, within: 2e-6,
      what + " + bias + residual")
    expectClose(
      Tensor.linear(x, weight, adding: residual), plain + residual, within: 2e-6,
      what + " + residual")
  }
}
