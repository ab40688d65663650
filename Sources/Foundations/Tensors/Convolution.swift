import CKernels

/// Rows and columns of zeros around an image.
public struct Padding: Sendable, Equatable {
  /// Rows above.
  public let top: Int
  /// Columns to the left.
  public let left: Int
  /// Rows below.
  public let bottom: Int
  /// Columns to the right.
  public let right: Int

  /// Zeros on each side, in pixels.
  public init(top: Int, left: Int, bottom: Int, right: Int) {
    self.top = top
    self.left = left
    self.bottom = bottom
    self.right = right
  }

  /// The same on all four sides.
  public init(_ all: Int) { self.init(top: all, left: all, bottom: all, right: all) }

  /// No zeros at all.
  public static let none = Padding(0)
}

extension Tensor {
  /// The convolution (cross-correlation) of channels-last images, plus bias and residual.
  ///
  ///     y[b, i, j, o] = bias[o] + Σ weight[o, c, k, l] · x[b, stride·i + k − top, stride·j + l − left, c]
  ///
  /// - Parameters:
  ///   - x: shape [B, H, W, Cin].
  ///   - weight: shape [Cout, Cin, kh, kw], as checkpoints store it. It is rearranged a block at a
  ///     time where it is multiplied, so that no second copy is in memory unless one is kept.
  ///   - bias: shape [Cout], or [B, Cout] for one per batch entry (a timestep embedding).
  ///   - stride: in pixels, the same in both directions.
  ///   - padding: the zeros around the image.
  ///   - residual: the result's shape, added to it.
  ///   - precision: of x and the weight, or of what Winograd's transformation makes of them.
  ///   - kept: a place for what that makes of this weight, for convolutions with it again.
  /// - Returns: shape [B, (H + top + bottom − kh)/stride + 1, (W + left + right − kw)/stride + 1, Cout].
  public static func convolution2d(
    _ x: Tensor, _ weight: Weight, bias: Tensor? = nil, stride: Int = 1,
    padding: Padding = .none, adding residual: Tensor? = nil, precision: Precision = .float32,
    keeping kept: KeptTransform? = nil
  ) -> Tensor {
    let call = Convolution(
      x.shape, weight.shape, stride: stride, padding: padding, precision: precision)
    let (batch, outputs) = (x.shape[0], call.shape[3])
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
        weight.withNumbers { weight in
          bias.withUnsafePointer { bias in
            residual.withUnsafePointer { residual in
              guard let x = x.baseAddress, weight.base != nil else { return }
              call.run(
                x, weight, bias: bias, biasStride: biasStride, residual: residual, to: to,
                keeping: kept)
            }
          }
        }
      }
    }
  }

  /// The same for a weight that is a tensor.
  public static func convolution2d(
    _ x: Tensor, _ weight: Tensor, bias: Tensor? = nil, stride: Int = 1,
    padding: Padding = .none, adding residual: Tensor? = nil, precision: Precision = .float32
  ) -> Tensor {
    convolution2d(
      x, Weight(weight), bias: bias, stride: stride, padding: padding, adding: residual,
      precision: precision)
  }
}

/// The geometry of one convolution and the choice of its algorithm.
struct Convolution {
  private let x: [Int]
  /// The result's shape.
  let shape: [Int]
  private let padding: Padding
  private let window: ck_window
  private let precision: Precision

  init(_ x: [Int], _ weight: [Int], stride: Int, padding: Padding, precision: Precision) {
    precondition(
      x.count == 4 && weight.count == 4 && x[3] == weight[1] && stride >= 1,
      "weight \(weight) with stride \(stride) does not apply to \(x)")
    let height = x[1] + padding.top + padding.bottom - weight[2]
    let width = x[2] + padding.left + padding.right - weight[3]
    precondition(
      height >= 0 && width >= 0, "the window of \(weight) is larger than \(x) with \(padding)")
    self.x = x
    (self.padding, self.precision) = (padding, precision)
    shape = [x[0], height / stride + 1, width / stride + 1, weight[0]]
    window = ck_window(
      height: x[1], width: x[2], channels: x[3], kernel_height: weight[2],
      kernel_width: weight[3], stride: stride, top: padding.top, left: padding.left,
      out_height: shape[1], out_width: shape[2])
  }

  /// Winograd's way, where it takes fewer products.
  private var winograd: WinogradConvolution? {
    guard window.kernel_height == 3 && window.kernel_width == 3 && window.stride == 1 else {
      return nil
    }
    let winograd = WinogradConvolution(x: x, out: shape, padding: padding, precision: precision)
    return winograd.pays ? winograd : nil
  }

  /// A 1×1 window of stride 1 is the pixel itself.
  private var isPointwise: Bool {
    window.kernel_height * window.kernel_width * window.stride == 1 && padding == .none
  }

  /// Which of its ways it takes.
  var form: KernelForm {
    if let winograd { return winograd.form }
    return isPointwise ? .linear(rows: x.dropLast().reduce(1, *), inputs: x[3]) : .windows
  }

  func run(
    _ x: UnsafePointer<Float>, _ weight: ck_numbers, bias: UnsafePointer<Float>?,
    biasStride: Int, residual: UnsafePointer<Float>?, to out: UnsafeMutablePointer<Float>,
    keeping kept: KeptTransform?
  ) {
    if var winograd {
      return winograd.run(
        x, weight, bias: bias, biasStride: biasStride, residual: residual, to: out, keeping: kept)
    }
    let parts = biasStride == 0 ? 1 : shape[0]
    let (inputs, outputs) = (self.x.reduce(1, *) / parts, shape.reduce(1, *) / parts)
    withUnsafePointer(to: window) { window in
      for part in 0..<parts {
        ck_linear(
          rows: outputs / shape[3],
          inputs: window.pointee.kernel_height
            * window.pointee.kernel_width * window.pointee.channels, outputs: shape[3],
          x: x + part * inputs, weight: weight, y: out + part * outputs,
          window: isPointwise ? nil : window, bias: bias.map { $0 + part * biasStride },
          residual: residual.map { $0 + part * outputs }, precision: precision
        ).run()
      }
    }
  }
}
