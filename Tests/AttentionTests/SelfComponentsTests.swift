import Attention
import Tensors
import Testing

@Suite("Self-attention, taken apart") struct SelfComponentsTests {
  @Test("two groups of pixels that look at themselves differ by one component")
  func groups() {
    // The left pixels of a 2×2 grid look left, the right ones right.
    let matrix = Tensor([4, 4], [0.5, 0, 0.5, 0, 0, 0.5, 0, 0.5, 0.5, 0, 0.5, 0, 0, 0.5, 0, 0.5])
    let found = SelfComponents(matrix, height: 2, width: 2, count: 2)
    #expect(abs(found.strengths[0] - 1) < 1e-6 && found.strengths[1] < 1e-3)
    let map = found.maps[0]
    #expect(abs(abs(map[0, 0]) - 0.5) < 1e-6)
    #expect(map[0, 0] == map[1, 0] || abs(map[0, 0] - map[1, 0]) < 1e-6)
    #expect(abs(map[0, 0] + map[0, 1]) < 1e-6)
  }

  @Test("components are orthonormal, and are what the matrix stretches by their strength")
  func singular() {
    let matrix = TorchGenerator(seed: 2).uniform([12, 12])
    let found = SelfComponents(matrix, height: 3, width: 4, count: 3)
    #expect(found.strengths == found.strengths.sorted(by: >))
    for (i, map) in found.maps.enumerated() {
      let vector = map.reshaped([12, 1])
      // The maps sum to 0, so that the mean of the rows may stay.
      let stretched = Tensor.matrixProduct(matrix, vector)
      #expect(abs(map.moments.mean) < 1e-5)
      #expect(abs(stretched.norm - found.strengths[i]) < 1e-4)
      for other in found.maps.indices {
        #expect(abs(map.dot(found.maps[other]) - (i == other ? 1 : 0)) < 1e-5)
      }
    }
  }
}
