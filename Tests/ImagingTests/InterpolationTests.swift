import Imaging
import Tensors
import Testing

@Suite("Maps on another grid") struct InterpolationTests {
  @Test("a constant map stays constant, whatever the way", arguments: [3, 7, 12])
  func constant(size: Int) {
    let map = Tensor([2, 4, 5], repeating: 0.25)
    for how in [Interpolation.nearest, .bilinear, .bicubic] {
      let large = map.interpolated(height: size, width: size + 1, how)
      #expect(large.shape == [2, size, size + 1])
      #expect(large.maxAbsDifference(from: Tensor(large.shape, repeating: 0.25)) < 1e-6)
    }
  }
}
