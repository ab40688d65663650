import Tensors

/// A matrix written with few numbers: what a LoRA and its relatives keep of a layer's change.
///
///     B·A        (B₁A₁) ⊙ (B₂A₂)        C ⊗ D
public indirect enum ThinMatrix: Sendable {
  /// All its numbers, [M, N].
  case whole(Tensor)
  /// up · down: [M, r] and [r, N].
  case product(up: Tensor, down: Tensor)
  /// Number by number; both have the shape [M, N].
  case hadamard(ThinMatrix, ThinMatrix)
  /// Each number of the first by the whole of the second: [a, c] and [b, d] make [a·b, c·d].
  case kronecker(ThinMatrix, ThinMatrix)

  /// A product with a core in between, which is Tucker's form of a convolution's weight.
  ///
  ///     W[p, q, k] = Σ_ij up[p, i] · core[i, j, k] · down[j, q]
  ///
  /// The core and `down` make one matrix, so that the rest is a product.
  /// Source: LyCORIS (arXiv:2309.14859) §3.2.
  /// - Parameters:
  ///   - up: [M, r].
  ///   - core: [r, s, K], its kernel flattened.
  ///   - down: [s, Q].
  public static func tucker(up: Tensor, core: Tensor, down: Tensor) -> ThinMatrix {
    let (r, s, kernel) = (core.shape[0], core.shape[1], core.shape[2])
    let inputs = down.shape[1]
    let turned = core.permuted([0, 2, 1]).reshaped([r * kernel, s])
    let inner = Tensor.matrixProduct(turned, down).reshaped([r, kernel, inputs]).permuted([0, 2, 1])
    return .product(up: up, down: inner.reshaped([r, inputs * kernel]))
  }

  /// [M, N].
  public var shape: [Int] {
    switch self {
    case .whole(let matrix): matrix.shape
    case .product(let up, let down): [up.shape[0], down.shape[1]]
    case .hadamard(let a, _): a.shape
    case .kronecker(let a, let b): zip(a.shape, b.shape).map(*)
    }
  }

  /// All its numbers.
  public var dense: Tensor {
    switch self {
    case .whole(let matrix): matrix
    case .product(let up, let down): .matrixProduct(up, down)
    case .hadamard(let a, let b): a.dense * b.dense
    case .kronecker(let a, let b): Self.kronecker(a.dense, b.dense)
    }
  }

  /// The inner extent of `factors`: it has at most as many singular values that are not 0.
  public var mostDirections: Int {
    let fewest = min(shape[0], shape[1])
    return switch self {
    case .whole: fewest
    case .product(let up, _): up.shape[1]
    case .hadamard(let a, let b): min(a.mostDirections * b.mostDirections, fewest)
    case .kronecker(let a, let b): a.mostDirections * b.mostDirections
    }
  }

  /// Two matrices with this as their product: [M, n] and [n, N], n being `mostDirections`.
  ///
  /// The rows of a Hadamard product's first factor are the Kronecker products of the rows of its two
  /// `up`, the columns of its second those of the columns of its two `down`.
  public var factors: (up: Tensor, down: Tensor) {
    switch self {
    case .whole(let matrix): return Self.factors(of: matrix)
    case .product(let up, let down): return (up, down)
    case .hadamard(let a, let b):
      guard a.mostDirections * b.mostDirections <= min(shape[0], shape[1]) else {
        return Self.factors(of: dense)
      }
      let (a, b) = (a.factors, b.factors)
      return (
        Self.pairs(ofColumns: a.up, b.up),
        Self.pairs(ofColumns: a.down.permuted([1, 0]), b.down.permuted([1, 0])).permuted([1, 0])
      )
    case .kronecker(let a, let b):
      let (a, b) = (a.factors, b.factors)
      return (Self.kronecker(a.up, b.up), Self.kronecker(a.down, b.down))
    }
  }

  /// Largest first, `mostDirections` of them. Those of a Kronecker product are all products of two.
  public var singularValues: [Double] {
    if case .kronecker(let a, let b) = self {
      let (a, b) = (a.singularValues, b.singularValues)
      return a.flatMap { value in b.map { value * $0 } }.sorted(by: >)
    }
    let factors = factors
    return Tensor.singularValues(ofProduct: factors.up, factors.down)
  }

  // MARK: Pieces

  private static func factors(of matrix: Tensor) -> (up: Tensor, down: Tensor) {
    matrix.shape[0] <= matrix.shape[1]
      ? (identity(matrix.shape[0]), matrix) : (matrix, identity(matrix.shape[1]))
  }

  private static func identity(_ size: Int) -> Tensor {
    var numbers = [Float](repeating: 0, count: size * size)
    for i in 0..<size { numbers[i * (size + 1)] = 1 }
    return Tensor([size, size], numbers)
  }

  /// Row by row, each number of `a` by each of `b`: [M, r] and [M, s] make [M, r·s].
  private static func pairs(ofColumns a: Tensor, _ b: Tensor) -> Tensor {
    let (rows, r, s) = (a.shape[0], a.shape[1], b.shape[1])
    return Tensor([rows, r * s]) { pairs in
      a.withUnsafeElements { a in
        b.withUnsafeElements { b in
          for row in 0..<rows {
            for i in 0..<r {
              for j in 0..<s { pairs[(row * r + i) * s + j] = a[row * r + i] * b[row * s + j] }
            }
          }
        }
      }
    }
  }

  private static func kronecker(_ a: Tensor, _ b: Tensor) -> Tensor {
    let (m, n, p, q) = (a.shape[0], a.shape[1], b.shape[0], b.shape[1])
    return Tensor.matrixProduct(a.reshaped([m * n, 1]), b.reshaped([1, p * q]))
      .reshaped([m, n, p, q]).permuted([0, 2, 1, 3]).reshaped([m * p, n * q])
  }
}
