import Tensors
import Testing

@Suite("Singular values of a product of thin matrices") struct LowRankTests {
  @Test("are those of the product: eigenvalues of its Gram matrix, and no more than its rank")
  func product() {
    let generator = TorchGenerator(seed: 4)
    let (a, b) = (generator.normal([7, 3]), generator.normal([3, 5]))
    let values = Tensor.singularValues(ofProduct: a, b)
    let whole = Tensor.matrixProduct(a, b)
    let gram = Tensor.matrixProduct(whole, whole, transposeA: true).elements.map(Double.init)
    let expected = SymmetricEigen(gram, size: 5).values.reversed().map { max($0, 0).squareRoot() }
    for (value, other) in zip(values, expected) { #expect(abs(value - other) < 1e-5 * expected[0]) }
    #expect(values.count == 3 && values[2] > 0.1 && expected[3] < 1e-2)
  }

  @Test("of parts at right angles are the products of their lengths")
  func known() {
    let values = Tensor.singularValues(
      ofProduct: Tensor([3, 2], [0, 2, 3, 0, 0, 0]), Tensor([2, 2], [0, 5, 7, 0]))
    #expect(abs(values[0] - 15) < 1e-12 && abs(values[1] - 14) < 1e-12)
    #expect(
      Tensor.singularValues(ofProduct: .zeros([3, 2]), Tensor([2, 2], [1, 2, 3, 4])) == [0, 0])
  }
}
