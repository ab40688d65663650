import CKernels

// Gradients of activations: ∂L/∂x from x and ∂L/∂y.

extension Tensor {
  /// ∂L/∂x of y = x·σ(x), given dy = ∂L/∂y.
  public static func siluGradient(_ x: Tensor, outputGradient dy: Tensor) -> Tensor {
    gradient(x, dy, ck_silu_gradient)
  }

  /// ∂L/∂x of y = x·σ(1.702x), given dy = ∂L/∂y.
  public static func quickGELUGradient(_ x: Tensor, outputGradient dy: Tensor) -> Tensor {
    gradient(x, dy, ck_quick_gelu_gradient)
  }

  /// ∂L/∂x of y = x·Φ(x), given dy = ∂L/∂y.
  public static func geluGradient(_ x: Tensor, outputGradient dy: Tensor) -> Tensor {
    gradient(x, dy, ck_gelu_gradient)
  }

  /// ∂L/∂x of y = max(x, slope·x), given dy = ∂L/∂y.
  public static func leakyReLUGradient(
    _ x: Tensor, slope: Float, outputGradient dy: Tensor
  ) -> Tensor {
    gradient(x, dy) { ck_leaky_relu_gradient($0, $1, slope, $2, $3) }
  }

  /// Of value·GELU(gate).
  /// - Parameters:
  ///   - x: shape [..., 2C].
  ///   - dy: ∂L/∂y, shape [..., C].
  public static func gegluGradient(_ x: Tensor, outputGradient dy: Tensor) -> Tensor {
    let (rows, width) = x.rowsAndWidth
    precondition(2 * dy.count == x.count, "gradient \(dy.shape) does not fit \(x.shape)")
    return Tensor(x.shape) { out in
      x.withUnsafeElements { x in
        dy.withUnsafeElements { dy in
          guard let x = x.baseAddress, let dy = dy.baseAddress, let to = out.baseAddress else {
            return
          }
          Threads.split(rows, grain: 1 + (1 << 13) / max(width, 1)) { range in
            let first = range.lowerBound
            ck_geglu_gradient(
              x + first * width, dy + first * width / 2, to + first * width, range.count,
              width / 2)
          }
        }
      }
    }
  }

  private typealias Kernel = (
    UnsafePointer<Float>?, UnsafePointer<Float>?, UnsafeMutablePointer<Float>?, Int
  ) -> Void

  private static func gradient(_ x: Tensor, _ dy: Tensor, _ kernel: Kernel) -> Tensor {
    precondition(x.count == dy.count, "gradient \(dy.shape) does not fit \(x.shape)")
    return Tensor(x.shape) { out in
      x.withUnsafeElements { x in
        dy.withUnsafeElements { dy in
          Threads.split(out.count, grain: 1 << 13) { range in
            let first = range.lowerBound
            kernel(
              x.baseAddress.map { $0 + first }, dy.baseAddress.map { $0 + first },
              out.baseAddress.map { $0 + first }, range.count)
          }
        }
      }
    }
  }
}
