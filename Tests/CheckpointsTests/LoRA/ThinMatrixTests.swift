import Checkpoints
import Tensors
import Testing

@Suite("B·A, (B₁A₁) ⊙ (B₂A₂), C ⊗ D") struct ThinMatrixTests {
  private let generator = TorchGenerator(seed: 4)

  private func product(_ rows: Int, _ rank: Int, _ columns: Int) -> ThinMatrix {
    .product(up: generator.normal([rows, rank]), down: generator.normal([rank, columns]))
  }

  @Test("the factors' product is the matrix, and the spectrum has its length, in every form")
  func forms() {
    let forms: [(name: String, matrix: ThinMatrix, directions: Int)] = [
      ("whole", .whole(generator.normal([5, 3])), 3),
      ("product", product(6, 2, 9), 2),
      ("hadamard", .hadamard(product(12, 2, 9), product(12, 3, 9)), 6),
      ("hadamard of high rank", .hadamard(product(7, 3, 9), product(7, 3, 9)), 7),
      ("hadamard, tall", .hadamard(product(9, 3, 7), product(9, 3, 7)), 7),
      ("kronecker", .kronecker(.whole(generator.normal([2, 3])), product(4, 2, 5)), 4),
      ("kronecker of products", .kronecker(product(3, 1, 4), product(4, 2, 5)), 2),
    ]
    for (name, matrix, directions) in forms {
      let dense = matrix.dense
      #expect(dense.shape == matrix.shape, "\(name)")
      let factors = matrix.factors
      #expect(factors.up.shape[1] == directions && matrix.mostDirections == directions, "\(name)")
      let difference = dense.maxAbsDifference(from: .matrixProduct(factors.up, factors.down))
      #expect(difference < 1e-4, "\(name): \(difference)")
      let values = matrix.singularValues
      let length = values.reduce(0) { $0 + $1 * $1 }.squareRoot()
      #expect(values.count == directions && values == values.sorted(by: >), "\(name)")
      #expect(abs(length - dense.norm) < 1e-5 * dense.norm, "\(name): \(length)")
    }
  }

  @Test("a core lies between the matrices, offset by offset of its kernel")
  func tucker() {
    let (up, core, down) = (
      generator.normal([3, 2]), generator.normal([2, 2, 4]), generator.normal([2, 5])
    )
    let dense = ThinMatrix.tucker(up: up, core: core, down: down).dense
    #expect(dense.shape == [3, 20])
    for (p, q, k) in [(0, 0, 0), (2, 4, 3), (1, 3, 2)] {
      var expected: Float = 0
      for i in 0..<2 { for j in 0..<2 { expected += up[p, i] * core[i, j, k] * down[j, q] } }
      #expect(abs(dense[p, 4 * q + k] - expected) < 1e-5)
    }
  }
}
