import CKernels

// Elementwise arithmetic. Shapes must be equal: nothing is broadcast, so that a mistake in a shape
// is found where it is made.

extension Tensor {
  /// Elementwise; the shapes must match.
  public static func + (a: Tensor, b: Tensor) -> Tensor { zip(a, b, ck_add) }
  /// Elementwise; the shapes must match.
  public static func - (a: Tensor, b: Tensor) -> Tensor { zip(a, b, ck_subtract) }
  /// Elementwise; the shapes must match.
  public static func * (a: Tensor, b: Tensor) -> Tensor { zip(a, b, ck_multiply) }
  /// Every element times `scale`.
  public static func * (scale: Float, a: Tensor) -> Tensor { a.scaled(by: scale) }
  /// Every element times `scale`.
  public static func * (a: Tensor, scale: Float) -> Tensor { a.scaled(by: scale) }
  /// Every element times 1/divisor.
  public static func / (a: Tensor, divisor: Float) -> Tensor { a.scaled(by: 1 / divisor) }
  /// Every element with its sign changed.
  public static prefix func - (a: Tensor) -> Tensor { a.scaled(by: -1) }

  /// scale · self + offset, elementwise.
  public func scaled(by scale: Float, plus offset: Float = 0) -> Tensor {
    Tensor(shape) { out in
      withUnsafeElements {
        ck_scale_offset($0.baseAddress, scale, offset, out.baseAddress, count)
      }
    }
  }

  /// α·a + β·b: the shape of every step in diffusion.
  public static func weightedSum(_ alpha: Float, _ a: Tensor, _ beta: Float, _ b: Tensor) -> Tensor
  {
    zip(a, b) { ck_axpby(alpha, $0, beta, $1, $2, $3) }
  }

  /// α·a + β·b in double precision, rounded once: for the coefficients of noise schedules, whose two
  /// parts nearly cancel where little is left of the signal or of the noise.
  public static func combination(_ alpha: Double, _ a: Tensor, _ beta: Double, _ b: Tensor)
    -> Tensor
  {
    zip(a, b) { ck_axpby_double(alpha, $0, beta, $1, $2, $3) }
  }

  /// Every element limited to `range`; NaN becomes the lower bound.
  public func clamped(to range: ClosedRange<Float>) -> Tensor {
    Tensor(shape) { out in
      withUnsafeElements {
        ck_clamp($0.baseAddress, range.lowerBound, range.upperBound, out.baseAddress, count)
      }
    }
  }

  /// Applies `transform` to each element: for small tensors and rare functions.
  public func map(_ transform: (Float) -> Float) -> Tensor {
    Tensor(shape) { out in
      withUnsafeElements { for i in 0..<count { out[i] = transform($0[i]) } }
    }
  }

  private typealias Kernel = (
    UnsafePointer<Float>?, UnsafePointer<Float>?, UnsafeMutablePointer<Float>?, Int
  ) -> Void

  private static func zip(_ a: Tensor, _ b: Tensor, _ kernel: Kernel) -> Tensor {
    precondition(a.shape == b.shape, "shapes differ: \(a.shape) and \(b.shape)")
    return Tensor(a.shape) { out in
      a.withUnsafeElements { a in
        b.withUnsafeElements { b in
          Threads.split(out.count, grain: 1 << 16) { range in
            let first = range.lowerBound
            kernel(
              a.baseAddress.map { $0 + first }, b.baseAddress.map { $0 + first },
              out.baseAddress.map { $0 + first }, range.count)
          }
        }
      }
    }
  }
}
