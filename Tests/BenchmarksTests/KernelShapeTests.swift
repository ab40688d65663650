import Benchmarks
import Tensors
import Testing

@Suite("Shapes of kernel-times") struct KernelShapeTests {
  @Test(
    "operations are counted from the definition",
    arguments: [
      ("linear:2x3x5", 2 * 2 * 3 * 5), ("convolution:2x4x5x3x7", 2 * 9 * 2 * 4 * 5 * 3 * 7),
      // Five rows and four columns at every second place: three by two.
      ("strided:2x5x4x3x7", 2 * 9 * 2 * 3 * 2 * 3 * 7),
      ("attention:4x5x2x3", 2 * 2 * 4 * 5 * 2 * 3),
    ])
  func flops(text: String, flops: Int) throws {
    #expect(try #require(KernelShape(argument: text)).flops == flops)
  }

  @Test(
    "a product has the shape that was asked for",
    arguments: [
      ("linear:2x3x5", [2, 5]), ("convolution:2x4x5x3x7", [2, 4, 5, 7]),
      ("strided:2x5x4x3x7", [2, 3, 2, 7]), ("attention:4x5x2x3", [1, 4, 6]),
    ])
  func shapes(text: String, shape: [Int]) throws {
    let product = try #require(KernelShape(argument: text)).product(.float32)
    let result = product()
    #expect(result.shape == shape)
    #expect(result.maxAbs > 0 && product().elements == result.elements)
  }

  @Test(
    "what is no shape is none",
    arguments: [
      "", "linear", "linear:", "linear:2x3", "linear:2x3x5x7", "linear:2x0x5", "linear:2x-1x5",
      "linear:2x65537x5", "linear:2xtwox5", "cubic:2x3x5", "attention:4x5x2", "linear:2x3x5:1",
    ])
  func none(text: String) { #expect(KernelShape(argument: text) == nil) }
}
