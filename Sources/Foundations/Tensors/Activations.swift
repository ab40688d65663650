import CKernels

// Activations and softmax: pure functions of a tensor, elementwise or over the last dimension.

extension Tensor {
  /// x·σ(x), also called swish.
  public static func silu(_ x: Tensor) -> Tensor { x.elementwise(ck_silu) }

  /// x·σ(1.702x), the activation of CLIP.
  public static func quickGELU(_ x: Tensor) -> Tensor { x.elementwise(ck_quick_gelu) }

  /// x·½(1 + erf(x/√2)).
  public static func gelu(_ x: Tensor) -> Tensor { x.elementwise(ck_gelu) }

  /// max(x, slope·x) for a slope below 1.
  public static func leakyReLU(_ x: Tensor, slope: Float) -> Tensor {
    x.elementwise { ck_leaky_relu($0, slope, $1, $2) }
  }

  /// value·GELU(gate), where the last dimension is [value, gate].      arXiv:2002.05202 Eq. 5
  /// - Parameter x: shape [..., 2C].
  /// - Returns: shape [..., C].
  public static func geglu(_ x: Tensor) -> Tensor {
    let (rows, width) = x.rowsAndWidth
    precondition(width % 2 == 0, "GEGLU halves its last dimension: \(x.shape)")
    return Tensor(Array(x.shape.dropLast()) + [width / 2]) { out in
      x.withUnsafeElements { x in
        Threads.split(rows, grain: 1 + (1 << 14) / max(width, 1)) { range in
          ck_geglu(
            x.baseAddress.map { $0 + range.lowerBound * width },
            out.baseAddress.map { $0 + range.lowerBound * width / 2 }, range.count, width / 2)
        }
      }
    }
  }

  /// e^(x − max) / Σ e^(x − max) over the last dimension.
  public static func softmax(_ x: Tensor) -> Tensor {
    let (rows, width) = x.rowsAndWidth
    return Tensor(x.shape) { out in
      x.withUnsafeElements { x in
        Threads.split(rows, grain: 1 + (1 << 14) / max(width, 1)) { range in
          let offset = range.lowerBound * width
          ck_softmax(
            x.baseAddress.map { $0 + offset }, out.baseAddress.map { $0 + offset }, range.count,
            width)
        }
      }
    }
  }

  private typealias Kernel = (UnsafePointer<Float>?, UnsafeMutablePointer<Float>?, Int) -> Void

  private func elementwise(_ kernel: Kernel) -> Tensor {
    Tensor(shape) { out in
      withUnsafeElements { x in
        Threads.split(count, grain: 1 << 14) { range in
          kernel(
            x.baseAddress.map { $0 + range.lowerBound },
            out.baseAddress.map { $0 + range.lowerBound }, range.count)
        }
      }
    }
  }

  /// The last extent, and how many rows of that width there are.
  package var rowsAndWidth: (rows: Int, width: Int) {
    precondition(rank > 0, "a scalar has no last dimension")
    let width = shape[rank - 1]
    return (width == 0 ? 0 : count / width, width)
  }
}
