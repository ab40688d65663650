import CKernels

extension Tensor {
  /// y = x Wᵀ + b over the last dimension, plus `residual` when there is one.
  /// - Parameters:
  ///   - x: shape [..., K].
  ///   - weight: W, shape [N, K], as checkpoints store it.
  ///   - bias: b, shape [N].
  ///   - residual: shape [..., N], added to the result at no cost of its own.
  ///   - precision: of x and W; fewer than 8 rows are not rounded, for they wait for W alone.
  /// - Returns: shape [..., N].
  public static func linear(
    _ x: Tensor, _ weight: Weight, bias: Tensor? = nil, adding residual: Tensor? = nil,
    precision: Precision = .float32
  ) -> Tensor {
    product(x, weight, bias: bias, residual: residual, gated: false, precision: precision)
  }

  /// GEGLU in one step: a ⊙ GELU(b) with [a, b] = x Wᵀ + b over the last dimension, whose halves are
  /// never in memory.                                                   arXiv:2002.05202 Eq. 5
  /// - Parameters:
  ///   - x: shape [..., K].
  ///   - weight: W, shape [2N, K], the values' rows before the gates'.
  ///   - bias: b, shape [2N].
  ///   - precision: of x and W.
  /// - Returns: shape [..., N].
  public static func linearGEGLU(
    _ x: Tensor, _ weight: Weight, bias: Tensor? = nil, precision: Precision = .float32
  ) -> Tensor {
    product(x, weight, bias: bias, residual: nil, gated: true, precision: precision)
  }

  private static func product(
    _ x: Tensor, _ weight: Weight, bias: Tensor?, residual: Tensor?, gated: Bool,
    precision: Precision
  ) -> Tensor {
    let (rows, inputs) = x.rowsAndWidth
    let sides = gated ? 2 : 1
    precondition(
      weight.shape.count == 2 && weight.shape[1] == inputs && inputs > 0
        && weight.shape[0] % sides == 0,
      "weight \(weight.shape) does not apply to \(x.shape)")
    let outputs = weight.shape[0] / sides
    let shape = Array(x.shape.dropLast()) + [outputs]
    precondition(
      bias.map { $0.shape == [weight.shape[0]] } ?? true,
      "bias \(bias?.shape ?? []) does not fit weight \(weight.shape)")
    precondition(
      residual.map { $0.shape == shape } ?? true,
      "residual \(residual?.shape ?? []) does not fit result \(shape)")
    return Tensor(shape) { out in
      x.withUnsafeElements { x in
        weight.withNumbers { weight in
          bias.withUnsafePointer { bias in
            residual.withUnsafePointer { residual in
              ck_linear(
                rows: rows, inputs: inputs, outputs: outputs, x: x.baseAddress,
                weight: weight, window: nil, bias: bias, residual: residual,
                y: out.baseAddress, transposed: 0, gated: gated ? 1 : 0, factors: precision.format
              ).run()
            }
          }
        }
      }
    }
  }

  /// The same for a weight that is a tensor.
  public static func linear(
    _ x: Tensor, _ weight: Tensor, bias: Tensor? = nil, adding residual: Tensor? = nil,
    precision: Precision = .float32
  ) -> Tensor {
    linear(x, Weight(weight), bias: bias, adding: residual, precision: precision)
  }
}

extension ck_linear {
  /// Computes y, in parallel.
  ///
  /// Some outputs at a time, their weights are packed, few enough to stay in the cache; then
  /// threads take blocks of rows, and parts of the outputs when there are few rows.
  func run() {
    guard rows > 0, outputs > 0 else { return }
    withUnsafePointer(to: self) { call in
      if rows < 8 && window == nil && transposed == 0 && gated == 0 {
        return Threads.split((outputs + 3) / 4, grain: 1 + (1 << 13) / inputs) { range in
          ck_linear_few(call, 4 * range.lowerBound, min(4 * range.upperBound, outputs))
        }
      }
      let lanes = Int(CK_LINEAR_PANEL)
      let size = ck_linear_panel_count(call)
      let chunk = max(1, (1 << 20) / size)
      let panels = (outputs + lanes - 1) / lanes
      let packed = Storage(count: min(chunk, panels) * size)
      for first in stride(from: 0, to: panels, by: chunk) {
        let count = min(chunk, panels - first)
        Threads.split(count, grain: 1 + (1 << 12) / (inputs * lanes)) { range in
          for panel in range {
            ck_linear_pack(call, (first + panel) * lanes, packed.base + panel * size)
          }
        }
        multiply(call, panels: first..<(first + count), packed.base)
      }
    }
  }

  /// The outputs of some packed panels for all rows.
  private func multiply(
    _ call: UnsafePointer<ck_linear>, panels: Range<Int>, _ packed: UnsafePointer<Float>
  ) {
    let lanes = Int(CK_LINEAR_PANEL)
    let blocks = (rows + Int(CK_LINEAR_ROWS) - 1) / Int(CK_LINEAR_ROWS)
    // A few items for each thread even out their speeds; a small product is not worth a thread.
    let worthwhile = rows * inputs * panels.count * lanes > 1 << 17
    let wanted = worthwhile ? (3 * Threads.count + blocks - 1) / blocks : 1
    let parts = min(panels.count, wanted)
    func item(_ index: Int) {
      let (block, part) = (index / parts, index % parts)
      let first = part * panels.count / parts
      let last = (part + 1) * panels.count / parts
      let scratch = Storage(count: ck_linear_scratch_count(call))
      ck_linear_rows(
        call, block * rows / blocks, (block + 1) * rows / blocks,
        (panels.lowerBound + first) * lanes,
        min((panels.lowerBound + last) * lanes, outputs),
        packed + first * ck_linear_panel_count(call),
        scratch.base)
    }
    if worthwhile {
      Threads.each(blocks * parts, item)
    } else {
      (0..<(blocks * parts)).forEach(item)
    }
  }
}

extension Tensor? {
  /// The elements' address, or nil when there is no tensor.
  package func withUnsafePointer<R>(_ body: (UnsafePointer<Float>?) throws -> R) rethrows -> R {
    guard let tensor = self else { return try body(nil) }
    return try tensor.withUnsafeElements { try body($0.baseAddress) }
  }
}
