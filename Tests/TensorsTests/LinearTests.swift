import Tensors
import Testing

@Suite("linear layers") struct LinearTests {
  @Test(
    "x Wᵀ + b + residual",
    arguments: [
      (1, 1, 1), (3, 50, 37), (7, 100, 4), (8, 9, 31), (77, 40, 33), (130, 320, 64), (15, 401, 96),
      (300, 800, 70), (40, 512, 96), (600, 1024, 33), (5, 7, 0), (0, 3, 4),
    ])
  func linear(rows: Int, inputs: Int, outputs: Int) {
    let generator = TorchGenerator(seed: 1)
    let x = generator.normal([1, rows, inputs])
    let weight = generator.normal([outputs, inputs])
    let (bias, residual) = (generator.normal([outputs]), generator.normal([1, rows, outputs]))
    let plain = Reference.linear(x, weight, bias: nil).reshaped([1, rows, outputs])
    let biased = Reference.linear(x, weight, bias: bias).reshaped([1, rows, outputs])
    forEachInstructionSet { isa in
      func check(_ y: Tensor, _ reference: Tensor, _ what: String) {
        expectClose(
          y, reference, within: 2e-6, "linear \(rows)×\(inputs)→\(outputs)\(what) \(isa)")
      }
      check(Tensor.linear(x, weight), plain, "")
      check(Tensor.linear(x, weight, bias: bias), biased, " + bias")
      check(Tensor.linear(x, weight, adding: residual), plain + residual, " + residual")
      check(
        Tensor.linear(x, weight, bias: bias, adding: residual), biased + residual,
        " + bias + residual")
    }
  }

  @Test(
    "gates half of its outputs with the others as in two steps",
    arguments: [
      (1, 1, 1), (3, 50, 37), (77, 40, 33), (130, 320, 64), (40, 512, 96), (300, 1300, 40),
    ])
  func gated(rows: Int, inputs: Int, outputs: Int) {
    let generator = TorchGenerator(seed: 3)
    let x = generator.normal([rows, inputs])
    let weight = generator.normal([2 * outputs, inputs]).scaled(by: 1 / Float(inputs).squareRoot())
    let bias = generator.normal([2 * outputs])
    forEachInstructionSet { isa in
      for (precision, bias) in [(Precision.float32, bias), (.float32, nil), (.bfloat16, bias)] {
        let halves = Tensor.linear(x, weight, bias: bias, precision: precision)
        let gated = Tensor.linearGEGLU(x, Weight(weight), bias: bias, precision: precision)
        #expect(gated.shape == [rows, outputs])
        // Few rows are not rounded where nothing is gated.
        let bound: Float = precision == .bfloat16 && rows < 8 ? 2e-2 : 2e-6
        expectClose(
          gated, Tensor.geglu(halves), within: bound, "\(rows)×\(inputs)→\(outputs) \(isa)")
      }
    }
  }

  @Test("equals the matrix product of OpenBLAS") func openBLAS() {
    let generator = TorchGenerator(seed: 2)
    let (x, weight) = (generator.normal([200, 1000]), generator.normal([2100, 1000]))
    let reference = Tensor.matrixProduct(x, weight, transposeB: true)
    expectClose(Tensor.linear(x, weight), reference, within: 2e-6, "linear 200×1000→2100")
  }
}
