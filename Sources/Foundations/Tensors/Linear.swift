import CKernels
import COpenBLAS

extension Tensor {
  /// y = x Wᵀ + b over the last dimension, plus `residual` when there is one.
  /// - Parameters:
  ///   - x: shape [..., K].
  ///   - weight: W, shape [N, K], as checkpoints store it.
  ///   - bias: b, shape [N].
  ///   - residual: shape [..., N], added to the result at no cost of its own.
  /// - Returns: shape [..., N].
  public static func linear(
    _ x: Tensor, _ weight: Tensor, bias: Tensor? = nil, adding residual: Tensor? = nil
  ) -> Tensor {
    let (rows, inputs) = x.rowsAndWidth
    precondition(
      weight.rank == 2 && weight.shape[1] == inputs,
      "weight \(weight.shape) does not apply to \(x.shape)")
    let outputs = weight.shape[0]
    let shape = Array(x.shape.dropLast()) + [outputs]
    precondition(
      bias.map { $0.shape == [outputs] } ?? true,
      "bias \(bias?.shape ?? []) does not fit weight \(weight.shape)")
    precondition(
      residual.map { $0.shape == shape } ?? true,
      "residual \(residual?.shape ?? []) does not fit result \(shape)")
    return Tensor(shape) { out in
      let begun = bias.withUnsafePointer { bias in
        residual.withUnsafePointer { residual in
          begin(out, rows: rows, width: outputs, bias: bias, residual: residual)
        }
      }
      guard rows > 0, outputs > 0, inputs > 0 else { return }
      x.withUnsafeElements { x in
        weight.withUnsafeElements { weight in
          cblas_sgemm(
            CblasRowMajor, CblasNoTrans, CblasTrans, Int32(rows), Int32(outputs), Int32(inputs), 1,
            x.baseAddress, Int32(inputs), weight.baseAddress, Int32(inputs), begun ? 1 : 0,
            out.baseAddress, Int32(outputs))
        }
      }
    }
  }

  /// Writes what a matrix product is to be added to: residual + bias in every row.
  /// - Returns: whether anything was written; if not, the product must overwrite.
  package static func begin(
    _ out: UnsafeMutableBufferPointer<Float>, rows: Int, width: Int,
    bias: UnsafePointer<Float>?, residual: UnsafePointer<Float>?
  ) -> Bool {
    guard bias != nil || residual != nil else { return false }
    Threads.split(rows, grain: 1 + (1 << 15) / max(width, 1)) { range in
      let offset = range.lowerBound * width
      ck_add_row(
        residual.map { $0 + offset }, bias, out.baseAddress.map { $0 + offset }, range.count,
        width)
    }
    return true
  }
}

extension Tensor? {
  /// The elements' address, or nil when there is no tensor.
  package func withUnsafePointer<R>(_ body: (UnsafePointer<Float>?) throws -> R) rethrows -> R {
    guard let tensor = self else { return try body(nil) }
    return try tensor.withUnsafeElements { try body($0.baseAddress) }
  }
}
