import CKernels
import COpenBLAS
import Foundation

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

/// The weight of a convolution, in the layout that the kernels read.
///
/// A checkpoint stores [Cout, Cin, kh, kw]; the kernels want each output channel's window as
/// [kh, kw, Cin]. The weight is reordered when it is first used, and the original is then let go.
public final class ConvolutionWeight: @unchecked Sendable {
  /// [Cout, Cin, kh, kw].
  public let shape: [Int]
  public var outputChannels: Int { shape[0] }
  public var inputChannels: Int { shape[1] }

  private enum Layout {
    case original(Tensor)
    case packed(Tensor)
  }
  private let lock = NSLock()
  private var layout: Layout

  /// - Parameter weight: shape [Cout, Cin, kh, kw].
  public init(_ weight: Tensor) {
    precondition(weight.rank == 4, "a convolution weight [Cout, Cin, kh, kw], not \(weight.shape)")
    shape = weight.shape
    layout = .original(weight)
  }

  /// The weight as a checkpoint stores it, [Cout, Cin, kh, kw].
  public var tensor: Tensor {
    lock.withLock {
      switch layout {
      case .original(let weight): weight
      case .packed(let packed):
        Tensor.toChannelsFirst(packed.reshaped([shape[0], shape[2] * shape[3], shape[1]]))
          .reshaped(shape)
      }
    }
  }

  /// [Cout, kh·kw·Cin]: the rows of a matrix product with gathered windows.
  package var packed: Tensor {
    lock.withLock {
      if case .packed(let packed) = layout { return packed }
      guard case .original(let weight) = layout else { preconditionFailure("no weight") }
      let matrix = [shape[0], shape[2] * shape[3] * shape[1]]
      let packed =
        shape[2] * shape[3] == 1
        ? weight.reshaped(matrix)
        : Tensor.toChannelsLast(weight.reshaped([shape[0], shape[1], -1])).reshaped(matrix)
      layout = .packed(packed)
      return packed
    }
  }
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
      guard out.count > 0 else { return }
      let entry = out.count / batch
      x.withUnsafeElements { x in
        bias.withUnsafePointer { biases in
          residual.withUnsafePointer { residual in
            for b in 0..<batch {
              let part = UnsafeMutableBufferPointer(rebasing: out[(b * entry)..<((b + 1) * entry)])
              let begun = begin(
                part, rows: entry / outputs, width: outputs,
                bias: biases.map { bias?.rank == 2 ? $0 + b * outputs : $0 },
                residual: residual.map { $0 + b * entry })
              call.addWindows(
                UnsafeBufferPointer(
                  rebasing: x[(b * x.count / batch)..<((b + 1) * x.count / batch)]),
                weight.packed, to: part, accumulate: begun)
            }
          }
        }
      }
    }
  }
}

/// The geometry of one convolution.
package struct Convolution {
  let window: ck_window
  /// The result's shape.
  let shape: [Int]

  init(_ x: [Int], _ weight: [Int], stride: Int, padding: Padding) {
    precondition(
      x.count == 4 && x[3] == weight[1] && stride >= 1,
      "weight \(weight) with stride \(stride) does not apply to \(x)")
    let height = x[1] + padding.top + padding.bottom - weight[2]
    let width = x[2] + padding.left + padding.right - weight[3]
    precondition(
      height >= 0 && width >= 0, "the window of \(weight) is larger than \(x) with \(padding)")
    shape = [x[0], height / stride + 1, width / stride + 1, weight[0]]
    window = ck_window(
      height: x[1], width: x[2], channels: x[3], kernel_height: weight[2],
      kernel_width: weight[3], stride: stride, top: padding.top, left: padding.left,
      out_width: shape[2])
  }

  /// out (+)= windows · weightᵀ for one image, some output rows at a time.
  func addWindows(
    _ x: UnsafeBufferPointer<Float>, _ weight: Tensor, to out: UnsafeMutableBufferPointer<Float>,
    accumulate: Bool
  ) {
    let (inputs, outputs) = (weight.shape[1], weight.shape[0])
    let pointwise =
      window.kernel_height * window.kernel_width * window.stride == 1
      && shape[1] == window.height && shape[2] == window.width
    let rowsAtOnce = pointwise ? shape[1] : max(1, (1 << 21) / (shape[2] * inputs))
    let windows = Storage(count: pointwise ? 0 : min(rowsAtOnce, shape[1]) * shape[2] * inputs)
    weight.withUnsafeElements { weight in
      for first in Swift.stride(from: 0, to: shape[1], by: rowsAtOnce) {
        let last = min(first + rowsAtOnce, shape[1])
        if !pointwise {
          Threads.split(last - first, grain: 1 + (1 << 14) / (shape[2] * inputs)) { range in
            ck_gather_windows(
              window, x.baseAddress, first + range.lowerBound, first + range.upperBound,
              windows.base + range.lowerBound * shape[2] * inputs)
          }
        }
        cblas_sgemm(
          CblasRowMajor, CblasNoTrans, CblasTrans, Int32((last - first) * shape[2]),
          Int32(outputs), Int32(inputs), 1, pointwise ? x.baseAddress : UnsafePointer(windows.base),
          Int32(inputs), weight.baseAddress, Int32(inputs), accumulate ? 1 : 0,
          out.baseAddress.map { $0 + first * shape[2] * outputs }, Int32(outputs))
      }
    }
  }
}
