import CKernels
import COpenBLAS

/// Rows and columns of zeros around an image.
public struct Padding: Sendable, Equatable {
  public let top: Int
  public let left: Int
  public let bottom: Int
  public let right: Int

  public init(top: Int, left: Int, bottom: Int, right: Int) {
    self.top = top
    self.left = left
    self.bottom = bottom
    self.right = right
  }

  /// The same on all four sides.
  public init(_ all: Int) { self.init(top: all, left: all, bottom: all, right: all) }

  public static let none = Padding(0)
}

extension Tensor {
  /// The convolution (cross-correlation) of channels-last images, plus bias and residual.
  ///
  ///     y[b, i, j, o] = bias[o] + Σ weight[o, c, k, l] · x[b, stride·i + k − top, stride·j + l − left, c]
  ///
  /// - Parameters:
  ///   - x: shape [B, H, W, Cin].
  ///   - bias: shape [Cout], or [B, Cout] for one per batch entry (a timestep embedding).
  ///   - residual: the result's shape, added to it.
  /// - Returns: shape [B, (H + top + bottom − kh)/stride + 1, (W + left + right − kw)/stride + 1, Cout].
  public static func convolution2d(
    _ x: Tensor, _ weight: ConvolutionWeight, bias: Tensor? = nil, stride: Int = 1,
    padding: Padding = .none, adding residual: Tensor? = nil
  ) -> Tensor {
    let call = Convolution(x.shape, weight.shape, stride: stride, padding: padding)
    let (batch, outputs) = (x.shape[0], weight.outputChannels)
    precondition(
      bias.map { $0.shape == [outputs] || $0.shape == [batch, outputs] } ?? true,
      "bias \(bias?.shape ?? []) does not fit \(batch) images of \(outputs) channels")
    precondition(
      residual.map { $0.shape == call.shape } ?? true,
      "residual \(residual?.shape ?? []) does not fit result \(call.shape)")
    return Tensor(call.shape) { out in
      guard let to = out.baseAddress, x.count > 0, out.count > 0 else {
        precondition(out.count == 0, "no input channels: \(x.shape)")
        return
      }
      let biasStride = bias?.rank == 2 ? outputs : 0
      x.withUnsafeElements { x in
        bias.withUnsafePointer { bias in
          residual.withUnsafePointer { residual in
            guard let x = x.baseAddress else { return }
            call.run(x, weight, bias: bias, biasStride: biasStride, residual: residual, to: to)
          }
        }
      }
    }
  }
}

/// The geometry of one convolution and the choice of its algorithm.
private struct Convolution {
  private let x: [Int]
  /// The result's shape.
  let shape: [Int]
  private let padding: Padding
  private let window: ck_window

  init(_ x: [Int], _ weight: [Int], stride: Int, padding: Padding) {
    precondition(
      x.count == 4 && x[3] == weight[1] && stride >= 1,
      "weight \(weight) with stride \(stride) does not apply to \(x)")
    let height = x[1] + padding.top + padding.bottom - weight[2]
    let width = x[2] + padding.left + padding.right - weight[3]
    precondition(
      height >= 0 && width >= 0, "the window of \(weight) is larger than \(x) with \(padding)")
    self.x = x
    self.padding = padding
    shape = [x[0], height / stride + 1, width / stride + 1, weight[0]]
    window = ck_window(
      height: x[1], width: x[2], channels: x[3], kernel_height: weight[2],
      kernel_width: weight[3], stride: stride, top: padding.top, left: padding.left,
      out_width: shape[2])
  }

  func run(
    _ x: UnsafePointer<Float>, _ weight: ConvolutionWeight, bias: UnsafePointer<Float>?,
    biasStride: Int, residual: UnsafePointer<Float>?, to out: UnsafeMutablePointer<Float>
  ) {
    if window.kernel_height == 3 && window.kernel_width == 3 && window.stride == 1 {
      var winograd = WinogradConvolution(x: self.x, out: shape, padding: padding)
      if winograd.pays {
        return weight.panels.withUnsafeElements { panels in
          guard let panels = panels.baseAddress else { return }
          winograd.run(x, panels, bias: bias, biasStride: biasStride, residual: residual, to: out)
        }
      }
    }
    let (inputs, outputs) = (window.height * window.width * window.channels, shape[3])
    let pixels = shape[1] * shape[2]
    for entry in 0..<shape[0] {
      let part = UnsafeMutableBufferPointer(
        start: out + entry * pixels * outputs, count: pixels * outputs)
      let begun = Tensor.begin(
        part, rows: pixels, width: outputs, bias: bias.map { $0 + entry * biasStride },
        residual: residual.map { $0 + entry * pixels * outputs })
      addWindows(x + entry * inputs, weight.rows, to: part, accumulate: begun)
    }
  }

  /// out (+)= windows · weightᵀ for one image, some output rows at a time.
  private func addWindows(
    _ x: UnsafePointer<Float>, _ weight: Tensor, to out: UnsafeMutableBufferPointer<Float>,
    accumulate: Bool
  ) {
    let (inputs, outputs) = (weight.shape[1], weight.shape[0])
    // A 1×1 window of stride 1 is the pixel itself.
    let pointwise =
      window.kernel_height * window.kernel_width * window.stride == 1 && padding == .none
    let rowsAtOnce = pointwise ? shape[1] : max(1, (1 << 21) / (shape[2] * inputs))
    let windows = Storage(count: pointwise ? 0 : min(rowsAtOnce, shape[1]) * shape[2] * inputs)
    weight.withUnsafeElements { weight in
      for first in Swift.stride(from: 0, to: shape[1], by: rowsAtOnce) {
        let last = min(first + rowsAtOnce, shape[1])
        if !pointwise {
          Threads.split(last - first, grain: 1 + (1 << 14) / (shape[2] * inputs)) { range in
            ck_gather_windows(
              window, x, first + range.lowerBound, first + range.upperBound,
              windows.base + range.lowerBound * shape[2] * inputs)
          }
        }
        cblas_sgemm(
          CblasRowMajor, CblasNoTrans, CblasTrans, Int32((last - first) * shape[2]),
          Int32(outputs), Int32(inputs), 1, pointwise ? x : UnsafePointer(windows.base),
          Int32(inputs), weight.baseAddress, Int32(inputs), accumulate ? 1 : 0,
          out.baseAddress.map { $0 + first * shape[2] * outputs }, Int32(outputs))
      }
    }
  }
}
