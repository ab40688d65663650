import Networks
import Tensors
import Testing

@Suite("Codebook") struct CodebookTests {
  @Test("each pixel gets the code at the least distance", arguments: [1, 3, 300])
  func nearest(size: Int) throws {
    let codebook = try Codebook(size, 5, in: ParameterScope.random(seed: 1)["quantize"])
    codebook.embedding.weight.value = TorchGenerator(seed: 2).normal([size, 5])
    let z = TorchGenerator(seed: 3).normal([2, 4, 7, 5])
    let (vectors, codes) = codebook.quantize(z, ForwardPass())
    let (table, pixels) = (codebook.embedding.weight.value.elements, z.elements)
    func distance(_ pixel: Int, _ code: Int) -> Float {
      (0..<5).reduce(0) {
        let difference = pixels[pixel * 5 + $1] - table[code * 5 + $1]
        return $0 + difference * difference
      }
    }
    for (pixel, code) in codes.enumerated() {
      let least = (0..<size).map { distance(pixel, $0) }.min() ?? 0
      #expect(distance(pixel, code) <= least * (1 + 1e-6))
    }
    #expect(vectors.shape == z.shape)
    #expect(vectors.elements == codebook.lookUp(codes, ForwardPass()).elements)
  }

  @Test("a codebook vector is its own nearest; the first of equal ones is taken")
  func fixedPoints() throws {
    let codebook = try Codebook(3, 2, in: ParameterScope.random(seed: 1)["quantize"])
    codebook.embedding.weight.value = Tensor([3, 2], [1, 0, 0, 1, 0, 1])
    let (vectors, codes) = codebook.quantize(Tensor([2, 2], [0, 1, 1, 0]), ForwardPass())
    #expect(codes == [1, 0])
    #expect(vectors.elements == [0, 1, 1, 0])
  }
}
