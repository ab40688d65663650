import Dispatch
import Synchronization
import Tensors
import Testing

@Suite("Eigenvalues of symmetric matrices") struct SymmetricEigenTests {
  /// A random symmetric matrix.
  private func matrix(_ size: Int, seed: UInt64) -> [Double] {
    let a = TorchGenerator(seed: seed).normal([size, size]).elements.map(Double.init)
    return (0..<size * size).map { a[$0] + a[$0 % size * size + $0 / size] }
  }

  @Test("A = V diag(λ) Vᵀ, and V is orthogonal", arguments: [1, 2, 7, 40])
  func decomposition(size: Int) {
    let a = matrix(size, seed: 4)
    let eigen = SymmetricEigen(a, size: size)
    let again = eigen.apply { $0 }
    #expect(zip(a, again).allSatisfy { abs($0 - $1) < 1e-11 })
    for i in 0..<size {
      for j in 0..<size {
        let dot = (0..<size).reduce(0) {
          $0 + eigen.vectors[$1 * size + i] * eigen.vectors[$1 * size + j]
        }
        #expect(abs(dot - (i == j ? 1 : 0)) < 1e-12)
      }
    }
  }

  @Test("known eigenvalues, also when they are equal")
  func known() {
    let values = SymmetricEigen([2, 1, 1, 2], size: 2).values.sorted()
    #expect(abs(values[0] - 1) < 1e-14 && abs(values[1] - 3) < 1e-14)
    #expect(SymmetricEigen([5, 0, 0, 5], size: 2).values == [5, 5])
    let zero = SymmetricEigen([Double](repeating: 0, count: 9), size: 3)
    #expect(zero.values == [0, 0, 0])
  }

  @Test("eigenvalues come smallest first, each with its column")
  func order() {
    let a = matrix(12, seed: 5)
    let eigen = SymmetricEigen(a, size: 12)
    #expect(eigen.values == eigen.values.sorted())
    for j in 0..<12 {
      for i in 0..<12 {
        let image = (0..<12).reduce(0) { $0 + a[i * 12 + $1] * eigen.vectors[$1 * 12 + j] }
        #expect(abs(image - eigen.values[j] * eigen.vectors[i * 12 + j]) < 1e-12)
      }
    }
  }

  @Test("many at once give the bits of one alone")
  func concurrent() {
    let a = matrix(60, seed: 6)
    let alone = SymmetricEigen(a, size: 60)
    let together = Mutex([SymmetricEigen]())
    DispatchQueue.concurrentPerform(iterations: 8) { _ in
      let eigen = SymmetricEigen(a, size: 60)
      together.withLock { $0.append(eigen) }
    }
    let all = together.withLock { $0 }
    #expect(all.count == 8)
    #expect(all.allSatisfy { $0.values == alone.values && $0.vectors == alone.vectors })
  }

  @Test("a matrix that is not finite has no eigenvalues, and none of size 0 is no mistake")
  func edges() {
    #expect(SymmetricEigen([1, .nan, .nan, 1], size: 2).values.allSatisfy { $0.isNaN })
    #expect(SymmetricEigen([.infinity], size: 1).values.allSatisfy { $0.isNaN })
    #expect(SymmetricEigen([], size: 0).values.isEmpty)
  }
}
