import CKernels
import COpenBLAS

// Gradients of matrix products and convolutions. `outputGradient` is ∂L/∂y of some loss L; what is
// returned is ∂L by the arguments, as far as they were asked for.

/// ∂L by the arguments of a layer y = f(x; W, b); nil where not asked for.
public struct LayerGradients: Sendable {
  public var input: Tensor?
  public var weight: Tensor?
  public var bias: Tensor?

  public init(input: Tensor? = nil, weight: Tensor? = nil, bias: Tensor? = nil) {
    self.input = input
    self.weight = weight
    self.bias = bias
  }
}

/// Which gradients of a layer are asked for.
public struct GradientNeeds: OptionSet, Sendable {
  public let rawValue: Int
  public init(rawValue: Int) { self.rawValue = rawValue }
  public static let input = GradientNeeds(rawValue: 1)
  public static let weight = GradientNeeds(rawValue: 2)
  public static let bias = GradientNeeds(rawValue: 4)
}

extension Tensor {
  /// Of y = x·Wᵀ + b:  ∂x = ∂y·W,  ∂W = ∂yᵀ·x,  ∂b = Σ_rows ∂y.
  /// - Parameters:
  ///   - x: shape [..., K].
  ///   - weight: W, shape [N, K].
  ///   - outputGradient: shape [..., N].
  public static func linearGradients(
    _ x: Tensor, _ weight: Tensor, outputGradient dy: Tensor,
    needing needs: GradientNeeds = [.input, .weight, .bias]
  ) -> LayerGradients {
    let (rows, inputs) = x.rowsAndWidth
    let outputs = weight.shape[0]
    precondition(
      dy.count == rows * outputs && weight.shape == [outputs, inputs],
      "gradient \(dy.shape) does not fit \(x.shape) through \(weight.shape)")
    let (x2, dy2) = (x.reshaped([rows, inputs]), dy.reshaped([rows, outputs]))
    var result = LayerGradients()
    if needs.contains(.input) { result.input = matrixProduct(dy2, weight).reshaped(x.shape) }
    if needs.contains(.weight) { result.weight = matrixProduct(dy2, x2, transposeA: true) }
    if needs.contains(.bias) { result.bias = dy2.columnSums() }
    return result
  }

  /// Of the convolution of channels-last images, see `convolution2d`.
  ///
  /// ∂W is a product of the windows of x with ∂y; ∂x is ∂y convolved with the weight, turned by 180°.
  /// - Parameters:
  ///   - x: shape [B, H, W, Cin].
  ///   - weight: shape [Cout, Cin, kh, kw].
  ///   - outputGradient: shape [B, H', W', Cout].
  public static func convolution2dGradients(
    _ x: Tensor, _ weight: Tensor, outputGradient dy: Tensor, stride: Int = 1,
    padding: Padding = .none, needing needs: GradientNeeds = [.input, .weight, .bias]
  ) -> LayerGradients {
    let call = ConvolutionGradient(
      x.shape, weight.shape, dy.shape, stride: stride, padding: padding)
    var result = LayerGradients()
    if needs.contains(.input) { result.input = call.input(weight, dy) }
    if needs.contains(.weight) { result.weight = call.weight(x, dy) }
    if needs.contains(.bias) { result.bias = dy.columnSums() }
    return result
  }

  /// Σ over all but the last dimension, shape [C].
  public func columnSums() -> Tensor { columnSums(entries: 1).reshaped([shape[rank - 1]]) }

  /// Σ over the rows of each of `entries` equal parts, shape [entries, C].
  public func columnSums(entries: Int) -> Tensor {
    let (rows, width) = rowsAndWidth
    precondition(rows % entries == 0, "\(entries) entries do not divide the rows of \(shape)")
    let each = rows / entries
    // Blocks are summed in single precision and joined in order, whatever number of threads there is.
    let block = 256
    let blocks = (each + block - 1) / block
    let partial = Storage(count: Swift.max(entries * blocks * width, 1))
    withUnsafeElements { x in
      guard let x = x.baseAddress, width > 0 else { return }
      Threads.split(entries * blocks, grain: 1 + (1 << 14) / (block * width)) { range in
        for index in range {
          let (entry, first) = (index / blocks, index % blocks * block)
          let sums = partial.base + index * width
          sums.update(repeating: 0, count: width)
          ck_add_columns(
            x + (entry * each + first) * width, sums, min(block, each - first), width)
        }
      }
    }
    return Tensor([entries, width]) { out in
      guard let to = out.baseAddress, width > 0 else { return }
      out.update(repeating: 0)
      for entry in 0..<entries {
        ck_add_columns(
          partial.base + entry * blocks * width, to + entry * width, blocks, width)
      }
    }
  }
}

/// The geometry of one convolution, seen from its result.
private struct ConvolutionGradient {
  private let x, weightShape, y: [Int]
  private let padding: Padding
  private let stride: Int
  private var window: ck_window

  init(_ x: [Int], _ weight: [Int], _ y: [Int], stride: Int, padding: Padding) {
    precondition(
      x.count == 4 && weight.count == 4 && y.count == 4 && x[3] == weight[1] && y[3] == weight[0]
        && x[0] == y[0] && y[1] == (x[1] + padding.top + padding.bottom - weight[2]) / stride + 1
        && y[2] == (x[2] + padding.left + padding.right - weight[3]) / stride + 1,
      "gradient \(y) does not fit \(x) through \(weight) with stride \(stride)")
    (self.x, weightShape, self.y, self.padding, self.stride) = (x, weight, y, padding, stride)
    window = ck_window(
      height: x[1], width: x[2], channels: x[3], kernel_height: weight[2],
      kernel_width: weight[3], stride: stride, top: padding.top, left: padding.left,
      out_height: y[1], out_width: y[2])
  }

  /// Whether a window is the pixel itself.
  private var isPointwise: Bool {
    weightShape[2] * weightShape[3] * stride == 1 && padding == .none
  }
  private var windowSize: Int { weightShape[1] * weightShape[2] * weightShape[3] }

  /// ∂x
  func input(_ weight: Tensor, _ dy: Tensor) -> Tensor {
    if isPointwise {
      let product = Tensor.matrixProduct(
        dy.reshaped([-1, y[3]]), weight.reshaped([y[3], windowSize]))
      return product.reshaped(x)
    }
    if stride == 1 {
      let (kh, kw) = (weightShape[2], weightShape[3])
      return Tensor.convolution2d(
        dy, Self.turned(weight),
        padding: Padding(
          top: kh - 1 - padding.top, left: kw - 1 - padding.left,
          bottom: kh - 1 - padding.bottom, right: kw - 1 - padding.right))
    }
    return scattered(
      Tensor.matrixProduct(
        dy.reshaped([-1, y[3]]), weight.permuted([0, 2, 3, 1]).reshaped([y[3], windowSize])))
  }

  /// [O, I, kh, kw] → [I, O, kh, kw], each kernel turned by 180°.
  private static func turned(_ weight: Tensor) -> Tensor {
    let shape = weight.shape
    let (outputs, inputs, size) = (shape[0], shape[1], shape[2] * shape[3])
    return Tensor([inputs, outputs, shape[2], shape[3]]) { out in
      weight.withUnsafeElements { w in
        for o in 0..<outputs {
          for i in 0..<inputs {
            let (from, to) = ((o * inputs + i) * size, (i * outputs + o) * size)
            for k in 0..<size { out[to + k] = w[from + size - 1 - k] }
          }
        }
      }
    }
  }

  /// Adds windows [pixels, kh·kw·C] back to the pixels that they were gathered from.
  private func scattered(_ windows: Tensor) -> Tensor {
    let (kh, kw, channels) = (weightShape[2], weightShape[3], x[3])
    return Tensor(x) { out in
      guard let to = out.baseAddress else { return }
      windows.withUnsafeElements { windows in
        guard let from = windows.baseAddress else { return }
        Threads.split(x[0], grain: 1) { images in
          for image in images {
            let base = to + image * x[1] * x[2] * channels
            base.update(repeating: 0, count: x[1] * x[2] * channels)
            for i in 0..<y[1] {
              for j in 0..<y[2] {
                let row = from + ((image * y[1] + i) * y[2] + j) * windowSize
                for ky in 0..<kh {
                  let top = i * stride + ky - padding.top
                  guard 0..<x[1] ~= top else { continue }
                  for kx in 0..<kw {
                    let left = j * stride + kx - padding.left
                    guard 0..<x[2] ~= left else { continue }
                    let pixel = base + (top * x[2] + left) * channels
                    ck_add(pixel, row + (ky * kw + kx) * channels, pixel, channels)
                  }
                }
              }
            }
          }
        }
      }
    }
  }

  /// ∂W: the windows of some pixels at a time, so that they stay in the cache.
  func weight(_ input: Tensor, _ dy: Tensor) -> Tensor {
    let pixels = y[0] * y[1] * y[2]
    if isPointwise {
      return Tensor.matrixProduct(
        dy.reshaped([pixels, y[3]]), input.reshaped([pixels, x[3]]), transposeA: true
      ).reshaped(weightShape)
    }
    let block = max(64, (1 << 18) / windowSize)
    let windows = Storage(count: min(block, pixels) * windowSize)
    let sums = Tensor([y[3], weightShape[2], weightShape[3], weightShape[1]]) { out in
      out.update(repeating: 0)
      input.withUnsafeElements { x in
        dy.withUnsafeElements { dy in
          guard let x = x.baseAddress, let dy = dy.baseAddress else { return }
          for first in Swift.stride(from: 0, to: pixels, by: block) {
            let count = min(block, pixels - first)
            withUnsafePointer(to: window) { window in
              Threads.split(count, grain: 1 + (1 << 14) / windowSize) { range in
                ck_gather_windows(
                  window, x, first + range.lowerBound, first + range.upperBound,
                  windows.base + range.lowerBound * windowSize, windowSize)
              }
            }
            cblas_sgemm(
              CblasRowMajor, CblasTrans, CblasNoTrans, Int32(y[3]), Int32(windowSize),
              Int32(count), 1, dy + first * y[3], Int32(y[3]), windows.base, Int32(windowSize), 1,
              out.baseAddress, Int32(windowSize))
          }
        }
      }
    }
    return sums.permuted([0, 3, 1, 2])
  }
}
