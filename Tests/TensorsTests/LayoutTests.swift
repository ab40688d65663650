import Tensors
import Testing

@Suite("layouts") struct LayoutTests {
  @Test(
    "channels move last and back",
    arguments: [[1, 3, 5, 7], [2, 64, 8, 8], [3, 17, 100], [1, 0, 4]])
  func channels(shape: [Int]) {
    let x = TorchGenerator(seed: 51).normal(shape)
    let axes = Array(shape.indices)
    let last = Tensor.toChannelsLast(x)
    let expected = x.permuted([0] + axes[2...] + [1])
    #expect(last.shape == expected.shape && last.elements == expected.elements)
    let back = Tensor.toChannelsFirst(last)
    #expect(back.shape == shape && back.elements == x.elements)
  }

  @Test("upsampling repeats each pixel in a 2×2 square") func upsample() {
    let x = TorchGenerator(seed: 52).normal([2, 3, 5, 6])
    let y = Tensor.upsampleNearest2x(x)
    #expect(y.shape == [2, 6, 10, 6])
    for b in 0..<2 {
      for i in 0..<6 {
        for j in 0..<10 { #expect(y[b, i, j, 4] == x[b, i / 2, j / 2, 4]) }
      }
    }
  }

  @Test("vectors are added to every pixel of their batch entry") func vectors() {
    let generator = TorchGenerator(seed: 53)
    let (x, each) = (generator.normal([2, 3, 4, 5]), generator.normal([2, 5]))
    let y = Tensor.addingVectors(x, each)
    let same = Tensor.addingVectors(x, each.rows(1..<2).reshaped([5]))
    for b in 0..<2 {
      for c in 0..<5 {
        #expect(y[b, 2, 3, c] == x[b, 2, 3, c] + each[b, c])
        #expect(same[b, 1, 0, c] == x[b, 1, 0, c] + each[1, c])
      }
    }
  }
}
