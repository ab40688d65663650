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
    "a shape decides which way its product takes",
    arguments: [
      ("linear:7x320x320", "few-rows"), ("linear:8x320x320", "panels"),
      // 2^19 numbers of x at most stay in the cache.
      ("linear:2048x256x8", "panels"), ("linear:2049x256x8", "rows"),
      ("strided:1x64x64x320x320", "windows"),
      // One pixel: 36 products of a tile are more than 9 of an output.
      ("convolution:1x1x1x64x64", "windows"),
      ("convolution:1x64x64x64x64", "winograd-tiles"),
      ("convolution:1x64x64x320x320", "winograd-panels"),
      ("attention:64x77x8x40", "query-blocks"),
    ])
  func forms(text: String, form: String) throws {
    let shape = try #require(KernelShape(argument: text))
    #expect(Threads.with(1) { shape.form(.float32) }.rawValue == form)
  }

  @Test(
    "what is no shape is none",
    arguments: [
      "", "linear", "linear:", "linear:2x3", "linear:2x3x5x7", "linear:2x0x5", "linear:2x-1x5",
      "linear:2x65537x5", "linear:2xtwox5", "cubic:2x3x5", "attention:4x5x2", "linear:2x3x5:1",
    ])
  func none(text: String) { #expect(KernelShape(argument: text) == nil) }
}
