import Tensors

/// Mean and covariance of rows.
struct Covariance {
  private let mean: [Double]
  /// Row-major.
  private let matrix: [Double]
  private var size: Int { mean.count }

  /// - Parameter rows: [count, size]
  init(of rows: Tensor) {
    let (count, size) = (rows.shape[0], rows.shape[1])
    let means = rows.columnSums().scaled(by: 1 / Float(count))
    let centred = Tensor.addingVectors(rows, means.scaled(by: -1))
    let products = Tensor.linearGradients(
      centred, .zeros([size, size]), outputGradient: centred, needing: .weight
    ).weight
    mean = means.elements.map(Double.init)
    matrix = (products ?? .zeros([size, size])).elements.map { Double($0) / Double(count) }
  }

  /// Of each number.
  var deviations: [Float] {
    (0..<size).map { Float(max(matrix[$0 * size + $0], 0).squareRoot()) }
  }

  /// The directions in which the rows vary most, the strongest first, [count, size], and the mean.
  func principal(_ count: Int) -> (directions: Tensor, mean: [Double]) {
    let eigen = SymmetricEigen(matrix, size: size)
    let directions = Tensor.scattered([count, size]) { out in
      for k in 0..<count {
        for i in 0..<size { out[k * size + i] = Float(eigen.vectors[i * size + size - 1 - k]) }
      }
    }
    return (directions, mean)
  }

  /// The map from the first `inputs` numbers to the others with the least squared error, kept from
  /// large weights by a ridge of a hundredth of the mean variance (Hoerl and Kennard, Technometrics
  /// 12, 1970): with less, neighbours' large shares cancel, and a small step of the training, made
  /// larger from level to level, undoes that.
  func regression(inputs: Int) -> LinearMap {
    let outputs = size - inputs
    let block = (0..<inputs).flatMap { matrix[$0 * size..<$0 * size + inputs] }
    let ridge = 1e-2 * (0..<inputs).reduce(0) { $0 + block[$1 * inputs + $1] } / Double(inputs)
    let inverse = SymmetricEigen(block, size: inputs).apply { 1 / (max($0, 0) + max(ridge, 1e-12)) }
    let weight = Tensor.scattered([outputs, inputs]) { out in
      for o in 0..<outputs {
        let column = (0..<inputs).map { matrix[$0 * size + inputs + o] }
        for i in 0..<inputs {
          var sum = 0.0
          for k in 0..<inputs { sum += inverse[i * inputs + k] * column[k] }
          out[o * inputs + i] = Float(sum)
        }
      }
    }
    return LinearMap(
      weight, centre: Array(mean[..<inputs]), result: mean[inputs...].map(Float.init))
  }
}

/// y = W · (x − centre) + result, of windows.
struct LinearMap {
  private let weight: Tensor
  private let bias: Tensor

  init(_ weight: Tensor, centre: [Double], result: [Float]? = nil) {
    self.weight = weight
    let moved = Tensor.linear(Tensor([1, centre.count], centre.map { Float(-$0) }), weight)
    let outputs = weight.shape[0]
    bias = moved.reshaped([outputs]) + (result.map { Tensor([outputs], $0) } ?? .zeros([outputs]))
  }

  /// The same as a 3×3 convolution: [outputs, inputs, 3, 3]. Windows of 2×2 places lie above and to
  /// the left in it.
  func convolution(size: Int, inputs: Int) -> (weight: Tensor, bias: Tensor) {
    let outputs = weight.shape[0]
    let kernel = Tensor.scattered([outputs, inputs, 3, 3]) { out in
      for o in 0..<outputs {
        for tap in 0..<size * size {
          for c in 0..<inputs {
            out[((o * inputs + c) * 3 + tap / size) * 3 + tap % size] = weight[o, tap * inputs + c]
          }
        }
      }
    }
    return (kernel, bias)
  }
}
