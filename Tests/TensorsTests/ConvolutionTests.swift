import Tensors
import Testing

@Suite("2-D convolution") struct ConvolutionTests {
  struct Case: CustomTestStringConvertible {
    var batch = 1
    var height = 8
    var width = 8
    var inputs = 16
    var outputs = 16
    var kernel = 3
    var stride = 1
    var padding = Padding(1)
    var testDescription: String {
      "\(batch)×\(height)×\(width)×\(inputs)→\(outputs) k\(kernel) s\(stride) "
        + "p\(padding.top),\(padding.left),\(padding.bottom),\(padding.right)"
    }
  }

  static let cases = [
    Case(), Case(height: 1, width: 1), Case(height: 7, width: 5, inputs: 3, outputs: 5),
    Case(batch: 2, height: 9, width: 13, inputs: 33, outputs: 47),
    Case(height: 16, width: 16, inputs: 64, outputs: 96),
    Case(batch: 3, height: 12, width: 20, inputs: 20, outputs: 4),
    Case(height: 32, width: 32, inputs: 40, outputs: 32),
    Case(height: 6, width: 6, inputs: 96, outputs: 130),
    Case(batch: 2, height: 33, width: 37, inputs: 70, outputs: 40),
    Case(batch: 5, height: 4, width: 4, inputs: 130, outputs: 17),
    Case(height: 10, width: 11, padding: .none),
    Case(height: 8, width: 8, padding: Padding(top: 0, left: 2, bottom: 1, right: 0)),
    Case(height: 8, width: 8, stride: 2),
    Case(height: 9, width: 7, inputs: 5, stride: 2),
    Case(height: 8, width: 8, stride: 2, padding: Padding(top: 0, left: 0, bottom: 1, right: 1)),
    Case(height: 9, width: 9, stride: 2, padding: Padding(top: 0, left: 0, bottom: 1, right: 1)),
    Case(batch: 2, height: 5, width: 6, inputs: 24, outputs: 7, kernel: 1, padding: .none),
    Case(height: 8, width: 8, kernel: 1, stride: 2, padding: .none),
    Case(height: 3, width: 3, inputs: 4, outputs: 4, kernel: 1),
    Case(height: 12, width: 12, inputs: 3, outputs: 8, kernel: 4, stride: 4, padding: .none),
    Case(height: 11, width: 9, inputs: 6, outputs: 10, kernel: 5, padding: Padding(2)),
    Case(batch: 3, height: 6, width: 6, inputs: 70, outputs: 33, stride: 2),
    Case(batch: 2, height: 20, width: 24, inputs: 3, outputs: 12, kernel: 8, stride: 4),
  ]

  @Test("equals the sum over the window", arguments: cases) func window(_ c: Case) {
    let generator = TorchGenerator(seed: 11)
    let x = generator.normal([c.batch, c.height, c.width, c.inputs])
    let weight = generator.normal([c.outputs, c.inputs, c.kernel, c.kernel])
    let bias = generator.normal([c.outputs])
    let reference = Reference.convolution2d(
      x, weight, bias: bias, stride: c.stride, padding: c.padding)
    forEachInstructionSet { isa in
      let y = Tensor.convolution2d(x, weight, bias: bias, stride: c.stride, padding: c.padding)
      expectClose(y, reference, within: 1e-5, "\(c.testDescription) \(isa)")
    }
  }

  @Test("a kept transformation of the weight changes no bit", arguments: cases)
  func kept(_ c: Case) {
    let generator = TorchGenerator(seed: 11)
    let x = generator.normal([c.batch, c.height, c.width, c.inputs])
    let shape = [c.outputs, c.inputs, c.kernel, c.kernel]
    let weight = Weight(generator.normal(shape))
    forEachInstructionSet { isa in
      let kept = KeptTransform()
      for precision in [Precision.float32, .bfloat16, .bfloat16] {
        func convolution(_ kept: KeptTransform?) -> [Float] {
          Tensor.convolution2d(
            x, weight, stride: c.stride, padding: c.padding, precision: precision, keeping: kept
          ).elements
        }
        #expect(convolution(kept) == convolution(nil), "\(c.testDescription) \(isa) \(precision)")
      }
      #expect(kept.bytes <= KeptTransform.bytes(shape))
      if c.kernel != 3 || c.stride != 1 { #expect(kept.bytes == 0) }
      if c.outputs == 96 { #expect(kept.bytes > 0) }
    }
  }

  @Test("a transformation that is kept is the one that is used") func used() {
    let generator = TorchGenerator(seed: 14)
    let x = generator.normal([1, 16, 16, 40])
    let (a, b) = (generator.normal([32, 40, 3, 3]), generator.normal([32, 40, 3, 3]))
    let kept = KeptTransform()
    func convolution(_ weight: Tensor, _ kept: KeptTransform? = nil) -> [Float] {
      Tensor.convolution2d(x, Weight(weight), padding: Padding(1), keeping: kept).elements
    }
    #expect(convolution(a, kept) == convolution(a))
    // Another weight breaks the precondition, and shows that the first one's numbers were taken.
    #expect(convolution(b, kept) == convolution(a))
  }

  @Test("adds a residual and a bias of its own to each batch entry") func additions() {
    let generator = TorchGenerator(seed: 12)
    for kernel in [1, 3] {
      let x = generator.normal([3, 6, 5, 8])
      let weight = generator.normal([12, 8, kernel, kernel])
      let bias = generator.normal([3, 12])
      let residual = generator.normal([3, 6, 5, 12])
      let padding = Padding(kernel / 2)
      let reference = Reference.convolution2d(x, weight, bias: bias, stride: 1, padding: padding)
      let y = Tensor.convolution2d(
        x, weight, bias: bias, padding: padding, adding: residual)
      expectClose(y, reference + residual, within: 1e-5, "k\(kernel) with residual, bias [B, C]")
      let bare = Reference.convolution2d(x, weight, bias: nil, stride: 1, padding: padding)
      expectClose(
        Tensor.convolution2d(x, weight, padding: padding), bare, within: 1e-5,
        "k\(kernel) alone")
    }
  }

  @Test("is linear in its input and shifts with it") func identities() {
    let generator = TorchGenerator(seed: 13)
    let (a, b) = (generator.normal([1, 12, 12, 24]), generator.normal([1, 12, 12, 24]))
    let weight = generator.normal([24, 24, 3, 3])
    func convolve(_ x: Tensor) -> Tensor {
      Tensor.convolution2d(x, weight, padding: Padding(1))
    }
    let sum = convolve(Tensor.weightedSum(0.3, a, -1.7, b))
    expectClose(
      sum, Tensor.weightedSum(0.3, convolve(a), -1.7, convolve(b)), within: 1e-5, "linearity")
    // A pattern one pixel further gives the result one pixel further.
    let shifted = Tensor.concatenated(
      [Tensor.zeros([1, 12, 1, 24]), a.slice(0..<11, along: 2)], along: 2)
    expectClose(
      convolve(shifted).slice(2..<11, along: 2), convolve(a).slice(1..<10, along: 2), within: 1e-5,
      "shift")
    #expect(convolve(shifted).maxAbsDifference(from: convolve(a)) > 1)
  }
}
