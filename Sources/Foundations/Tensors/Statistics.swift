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
    withUnsafeElements {
      ck_are_finite(ck_numbers(base: $0.baseAddress, format: CK_FLOAT32), count) != 0
    }
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

extension Tensor {
  /// Each run of `runs` values in 8 bits, between its own least and largest value.
  /// - Returns: a byte for each value, and for each run its least and its largest value.
  public func quantized(runs size: Int) -> (bytes: [UInt8], ranges: [Float]) {
    precondition(size > 0 && count % size == 0, "\(count) values are no runs of \(size)")
    var (bytes, ranges) = ([UInt8](), [Float]())
    bytes.reserveCapacity(count)
    withUnsafeElements { values in
      for start in stride(from: 0, to: values.count, by: size) {
        let run = values[start..<start + size]
        let (low, high) = (run.min() ?? 0, run.max() ?? 0)
        let scale = high > low ? 255 / (high - low) : 0
        for value in run { bytes.append(UInt8(level: (value - low) * scale)) }
        ranges += [low, high]
      }
    }
    return (bytes, ranges)
  }
}

extension UInt8 {
  /// A number as one of 256 levels: rounded, held to the ends; what is no number is the first.
  @inlinable
  public init(level value: Float) { self = value > 0 ? UInt8(Swift.min(value.rounded(), 255)) : 0 }
}

extension UInt16 {
  /// A number as one of 65,536 levels, likewise.
  @inlinable
  public init(level value: Double) {
    self = value > 0 ? UInt16(Swift.min(value.rounded(), 65535)) : 0
  }
}
