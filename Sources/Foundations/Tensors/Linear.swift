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
                rows: rows, inputs: inputs, outputs: outputs, x: x.baseAddress, weight: weight,
                y: out.baseAddress, bias: bias, residual: residual, isGated: gated,
                precision: precision
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
  init(
    rows: Int, inputs: Int, outputs: Int, x: UnsafePointer<Float>?, weight: ck_numbers,
    y: UnsafeMutablePointer<Float>?, window: UnsafePointer<ck_window>? = nil,
    bias: UnsafePointer<Float>? = nil, residual: UnsafePointer<Float>? = nil,
    isTransposed: Bool = false, isGated: Bool = false, precision: Precision = .float32
  ) {
    self.init(
      rows: rows, inputs: inputs, outputs: outputs, x: x, x_stride: inputs, weight: weight,
      window: window, bias: bias, residual: residual, y: y, transposed: isTransposed ? 1 : 0,
      gated: isGated ? 1 : 0, factors: precision.format)
  }

  /// Computes y, in parallel.
  func run() {
    guard rows > 0, outputs > 0 else { return }
    withUnsafePointer(to: self) { call in
      if form == .fewRows {
        return Threads.split((outputs + 3) / 4, grain: 1 + (1 << 13) / inputs) { range in
          ck_linear_few(call, 4 * range.lowerBound, min(4 * range.upperBound, outputs))
        }
      }
      let stride = ck_linear_ready_stride(call)
      guard stride > 0 else { return multiply() }
      let ready = Storage(count: rows * stride)
      Threads.split(rows, grain: 1 + (1 << 14) / inputs) { range in
        ck_linear_make_ready(call, range.lowerBound, range.upperBound, ready.base)
      }
      var prepared = self
      (prepared.x, prepared.x_stride) = (UnsafePointer(ready.base), stride)
      withExtendedLifetime(ready) { prepared.multiply() }
    }
  }

  private static var lanes: Int { Int(CK_LINEAR_PANEL) }
  private var panels: Int { (outputs + Self.lanes - 1) / Self.lanes }
  /// A small product is not worth a thread.
  private var isWorthThreads: Bool { rows * inputs * outputs > 1 << 17 }

  /// Rows that are read again and again from the cache need no order among the threads: each packs some
  /// panels of the weight for itself, and then takes all rows. Of more rows, or windows, each is read seldom.
  var form: KernelForm {
    if window != nil { return .windows }
    if rows < 8 && transposed == 0 && gated == 0 { return .fewRows }
    return rows * inputs <= 1 << 19 ? .panels : .rows
  }

  private func multiply() {
    withUnsafePointer(to: self) { call in
      if form == .panels { multiplyByPanels(call) } else { multiplyByRows(call) }
    }
  }

  /// Each thread packs panels, few enough for its cache, and multiplies all rows with them.
  private func multiplyByPanels(_ call: UnsafePointer<ck_linear>) {
    let size = ck_linear_panel_count(call)
    let threads = isWorthThreads ? Threads.here : 1
    // A few items for each thread even out their speeds.
    let shares = (panels * size + (threads << 17) - 1) / (threads << 17)
    let wanted = threads * max(shares, threads > 1 ? 3 : 1)
    let groups = min(panels, wanted)
    // Few panels are no equal share for each thread: then the rows are cut up as well.
    let parts = groups < wanted && groups % threads != 0 ? min(threads, rows) : 1
    Threads.each(groups * parts, isWorthThreads) { index in
      let (group, part) = (index / parts, index % parts)
      let (first, last) = (group * panels / groups, (group + 1) * panels / groups)
      let packed = Storage(count: (last - first) * size)
      for panel in first..<last {
        ck_linear_pack(call, panel * Self.lanes, packed.base + (panel - first) * size)
      }
      multiply(
        call, rows: (part * rows / parts)..<((part + 1) * rows / parts), panels: first..<last,
        packed.base)
    }
  }

  /// Some panels at a time are packed, few enough to stay in the cache; then threads take blocks of rows,
  /// and parts of the panels when there are few rows.
  private func multiplyByRows(_ call: UnsafePointer<ck_linear>) {
    let size = ck_linear_panel_count(call)
    let chunk = max(1, (1 << 20) / size)
    let packed = Storage(count: min(chunk, panels) * size)
    for first in stride(from: 0, to: panels, by: chunk) {
      let count = min(chunk, panels - first)
      Threads.split(count, grain: 1 + (1 << 12) / (inputs * Self.lanes)) { range in
        for panel in range {
          ck_linear_pack(call, (first + panel) * Self.lanes, packed.base + panel * size)
        }
      }
      let blocks = (rows + Int(CK_LINEAR_ROWS) - 1) / Int(CK_LINEAR_ROWS)
      let wanted = isWorthThreads ? (3 * Threads.count + blocks - 1) / blocks : 1
      let parts = min(count, wanted)
      Threads.each(blocks * parts, isWorthThreads) { index in
        let (block, part) = (index / parts, index % parts)
        let own = (part * count / parts)..<((part + 1) * count / parts)
        multiply(
          call, rows: (block * rows / blocks)..<((block + 1) * rows / blocks),
          panels: (first + own.lowerBound)..<(first + own.upperBound),
          packed.base + own.lowerBound * size)
      }
    }
  }

  /// Some rows of y, as many at once as the kernel takes, and the outputs of some packed panels.
  private func multiply(
    _ call: UnsafePointer<ck_linear>, rows: Range<Int>, panels: Range<Int>,
    _ packed: UnsafePointer<Float>
  ) {
    let blocks = (rows.count + Int(CK_LINEAR_ROWS) - 1) / Int(CK_LINEAR_ROWS)
    let scratch = Storage(count: ck_linear_scratch_count(call))
    for block in 0..<blocks {
      ck_linear_rows(
        call, rows.lowerBound + block * rows.count / blocks,
        rows.lowerBound + (block + 1) * rows.count / blocks, panels.lowerBound * Self.lanes,
        min(panels.upperBound * Self.lanes, outputs), packed, scratch.base)
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
