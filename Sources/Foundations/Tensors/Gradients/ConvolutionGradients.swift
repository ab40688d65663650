import CKernels

/// The geometry of one convolution, seen from its result, and the choice of algorithms.
struct ConvolutionGradient {
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
  private var is3x3OfStride1: Bool {
    weightShape[2] == 3 && weightShape[3] == 3 && stride == 1
  }
  private var taps: Int { weightShape[2] * weightShape[3] }

  /// ∂x
  func input(_ weight: Tensor, _ dy: Tensor) -> Tensor {
    Tensor(x) { out in
      guard let to = out.baseAddress else { return }
      Tensor.withPointers(dy, weight) { dy, weight in
        if is3x3OfStride1 && padding.top <= 2 && padding.left <= 2 {
          // ∂y convolved with the weight, turned by 180°.
          var winograd = WinogradConvolution(
            x: y, out: x,
            padding: Padding(top: 2 - padding.top, left: 2 - padding.left, bottom: 0, right: 0),
            mirrored: true)
          if winograd.pays {
            return winograd.run(
              dy, ck_numbers(weight), bias: nil, biasStride: 0, residual: nil, to: to)
          }
        }
        if isPointwise {
          product(dy, weight, pixels: y[0] * y[1] * y[2], to: to)
        } else {
          scatter(dy, weight, to: to)
        }
      }
    }
  }

  /// ∂y·W for some pixels: what flows back to their windows.
  private func product(
    _ dy: UnsafePointer<Float>, _ weight: UnsafePointer<Float>, pixels: Int,
    to windows: UnsafeMutablePointer<Float>
  ) {
    ck_linear(
      rows: pixels, inputs: y[3], outputs: taps * x[3], x: dy, weight: ck_numbers(weight),
      y: windows, isTransposed: true
    ).run()
  }

  /// What flows back to the windows of some images at a time, added to the pixels they came from.
  private func scatter(
    _ dy: UnsafePointer<Float>, _ weight: UnsafePointer<Float>,
    to out: UnsafeMutablePointer<Float>
  ) {
    let (size, channels) = (taps * x[3], x[3])
    // From [O, I, taps] to [O, taps, I], as windows are laid out.
    let turned = Storage(count: y[3] * size)
    for output in 0..<y[3] {
      ck_transpose(
        weight + output * size, taps, turned.base + output * size, channels, channels, taps)
    }
    let (outPixels, pixels) = (y[1] * y[2], x[1] * x[2])
    let images = max(1, min(x[0], (1 << 19) / max(1, outPixels * size)))
    let windows = Storage(count: images * outPixels * size)
    for first in Swift.stride(from: 0, to: x[0], by: images) {
      let count = min(images, x[0] - first)
      product(
        dy + first * outPixels * y[3], turned.base, pixels: count * outPixels, to: windows.base)
      withUnsafePointer(to: window) { window in
        Threads.split(count * pixels, grain: 1 + (1 << 14) / size) { range in
          ck_scatter_windows(
            window, windows.base, range.lowerBound, range.upperBound,
            out + first * pixels * channels)
        }
      }
    }
  }

  /// ∂W
  func weight(_ input: Tensor, _ dy: Tensor) -> Tensor {
    Tensor(weightShape) { out in
      guard let to = out.baseAddress else { return }
      Tensor.withPointers(input, dy) { input, dy in
        if is3x3OfStride1 {
          var winograd = WinogradConvolution(x: x, out: y, padding: padding)
          if winograd.pays { return winograd.weightGradient(input, dy, to: to) }
        }
        withUnsafePointer(to: window) { window in
          ck_linear_gradient(
            rows: y[0] * y[1] * y[2], inputs: taps * x[3], outputs: y[3], x: input, dy: dy,
            window: isPointwise ? nil : window, dw: to
          ).run()
        }
      }
    }
  }
}
