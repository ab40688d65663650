import CKernels

// Gradients of matrix products and convolutions. `outputGradient` is ∂L/∂y of some loss L; what is
// returned is ∂L by the arguments, as far as they were asked for.

/// ∂L by the arguments of a layer y = f(x; W, b); nil where not asked for.
public struct LayerGradients: Sendable {
  /// ∂L/∂x, x's shape; nil where nobody asked for it.
  public var input: Tensor?
  /// ∂L/∂W, W's shape; nil where nobody asked for it.
  public var weight: Tensor?
  /// ∂L/∂b, [outputs]; nil where nobody asked for it.
  public var bias: Tensor?

  /// Those that were computed.
  public init(input: Tensor? = nil, weight: Tensor? = nil, bias: Tensor? = nil) {
    self.input = input
    self.weight = weight
    self.bias = bias
  }
}

/// Which gradients of a layer are asked for.
public struct GradientNeeds: OptionSet, Sendable {
  /// A bit for each gradient.
  public let rawValue: Int
  /// The gradients of these bits.
  public init(rawValue: Int) { self.rawValue = rawValue }
  /// ∂L/∂x.
  public static let input = GradientNeeds(rawValue: 1)
  /// ∂L/∂W.
  public static let weight = GradientNeeds(rawValue: 2)
  /// ∂L/∂b.
  public static let bias = GradientNeeds(rawValue: 4)
}

extension Tensor {
  /// Of y = x·Wᵀ + b:  ∂x = ∂y·W,  ∂W = ∂yᵀ·x,  ∂b = Σ_rows ∂y.
  /// - Parameters:
  ///   - x: shape [..., K].
  ///   - weight: W, shape [N, K].
  ///   - dy: ∂L/∂y, shape [..., N].
  ///   - needs: which of the three are wanted.
  public static func linearGradients(
    _ x: Tensor, _ weight: Tensor, outputGradient dy: Tensor,
    needing needs: GradientNeeds = [.input, .weight, .bias]
  ) -> LayerGradients {
    let (rows, inputs) = x.rowsAndWidth
    let outputs = weight.shape[0]
    precondition(
      dy.count == rows * outputs && weight.shape == [outputs, inputs],
      "gradient \(dy.shape) does not fit \(x.shape) through \(weight.shape)")
    var result = LayerGradients()
    if needs.contains(.input) {
      result.input = Tensor(x.shape) { out in
        withPointers(dy, weight) { dy, weight in
          ck_linear(
            rows: rows, inputs: outputs, outputs: inputs, x: dy, weight: ck_numbers(weight),
            y: out.baseAddress, isTransposed: true
          ).run()
        }
      }
    }
    if needs.contains(.weight) {
      result.weight = Tensor(weight.shape) { out in
        withPointers(x, dy) { x, dy in
          ck_linear_gradient(
            rows: rows, inputs: inputs, outputs: outputs, x: x, dy: dy, window: nil,
            dw: out.baseAddress
          ).run()
        }
      }
    }
    if needs.contains(.bias) {
      result.bias = dy.reshaped([rows, outputs]).columnSums(entries: 1).reshaped([outputs])
    }
    return result
  }

  /// Of the convolution of channels-last images, see `convolution2d`.
  ///
  /// ∂W is a product of the windows of x with ∂y; ∂x is ∂y convolved with the weight, turned by 180°.
  /// - Parameters:
  ///   - x: shape [B, H, W, Cin].
  ///   - weight: shape [Cout, Cin, kh, kw].
  ///   - dy: ∂L/∂y, shape [B, H', W', Cout].
  ///   - stride: as in the convolution.
  ///   - padding: as in the convolution.
  ///   - needs: which of the three are wanted.
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

  static func withPointers<R>(
    _ a: Tensor, _ b: Tensor, _ body: (UnsafePointer<Float>, UnsafePointer<Float>) -> R
  ) -> R {
    withExtendedLifetime((a, b)) { body(a.storage.base, b.storage.base) }
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

extension ck_linear_gradient {
  /// Computes dw, in parallel over parts of it. The sums do not depend on how it is cut up.
  func run() {
    guard inputs > 0, outputs > 0 else { return }
    withUnsafePointer(to: self) { call in
      let worthwhile = rows * inputs * outputs > 1 << 20
      let parts = worthwhile ? parts(Threads.count) : parts(1)
      Threads.each(parts.count) { index in
        let scratch = Storage(count: ck_linear_gradient_scratch_count(parts[index]))
        ck_linear_weight_gradient(call, parts[index], scratch.base)
      }
    }
  }

  /// Cuts dw into about `count` equal parts, along its longer side: then each thread has the least to
  /// read. Windows are gathered whole.
  private func parts(_ count: Int) -> [ck_gradient_part] {
    let alongInputs = window == nil && inputs > outputs
    // Whole vectors of inputs, and few rows of a register tile left over.
    let (length, unit) = alongInputs ? (inputs, 32) : (outputs, 4)
    let units = (length + unit - 1) / unit
    let count = min(count, units)
    return (0..<count).map { part in
      let first = part * units / count * unit
      let size = min((part + 1) * units / count * unit, length) - first
      return alongInputs
        ? ck_gradient_part(first_output: 0, outputs: outputs, first_input: first, inputs: size)
        : ck_gradient_part(first_output: first, outputs: size, first_input: 0, inputs: inputs)
    }
  }
}
