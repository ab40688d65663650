import CKernels

/// Count, mean, spread and range of a tensor's elements, accumulated in double precision.
public struct Moments: Sendable, Equatable {
  /// Σx / n; 0 for an empty tensor.
  public let mean: Double
  /// The population variance: divided by n.
  public let variance: Double
  /// Σx² / n; 0 for an empty tensor.
  public let meanSquare: Double
  /// The smallest element.
  public let min: Float
  /// The largest element.
  public let max: Float
  /// The population standard deviation.
  public var std: Double { variance.squareRoot() }
}

extension Tensor {
  /// Mean, spread and range of all elements, in one pass over them.
  public var moments: Moments {
    let sums = withUnsafeElements { ck_reduce_moments($0.baseAddress, count) }
    let n = Double(Swift.max(count, 1))
    let mean = sums.sum / n
    return Moments(
      mean: mean, variance: Swift.max(sums.sum_of_squares / n - mean * mean, 0),
      meanSquare: sums.sum_of_squares / n, min: sums.min, max: sums.max)
  }

  /// Whether no element is NaN or infinite.
  public var isFinite: Bool {
    let m = moments
    return count == 0 || m.min.isFinite && m.max.isFinite
  }

  /// The Euclidean norm over all elements.
  public var norm: Double {
    withUnsafeElements { ck_dot($0.baseAddress, $0.baseAddress, count).squareRoot() }
  }

  /// The largest magnitude; 0 for an empty tensor.
  public var maxAbs: Float {
    let m = moments
    return count == 0 ? 0 : Swift.max(abs(m.min), abs(m.max))
  }

  /// max |self − other|; infinity when either holds a NaN.
  public func maxAbsDifference(from other: Tensor) -> Float {
    pairwise(other) { ck_max_abs_difference($0, $1, count) }
  }

  /// The mean of (self − other)² in double precision.
  public func meanSquaredError(from other: Tensor) -> Double {
    pairwise(other) { ck_squared_distance($0, $1, count) } / Double(Swift.max(count, 1))
  }

  /// Σ self·other in double precision.
  public func dot(_ other: Tensor) -> Double {
    pairwise(other) { ck_dot($0, $1, count) }
  }

  private func pairwise<R>(
    _ other: Tensor, _ body: (UnsafePointer<Float>?, UnsafePointer<Float>?) -> R
  ) -> R {
    precondition(shape == other.shape, "shapes differ: \(shape) and \(other.shape)")
    return withUnsafeElements { a in
      other.withUnsafeElements { b in body(a.baseAddress, b.baseAddress) }
    }
  }
}
