import CKernels

/// 3×3 convolution of stride 1 by Winograd's F(4×4, 3×3): see include/winograd.h.
struct WinogradConvolution {
  var call: ck_winograd

  /// - Parameters:
  ///   - x: shape [B, H, W, Cin].
  ///   - out: shape [B, H', W', Cout].
  ///   - mirrored: the weight is [Cin, Cout, 3, 3] and turned by 180°: this is then the gradient of a
  ///     convolution from `out` to `x` with respect to its input.
  ///   - precision: of the transformed images and weights.
  init(
    x: [Int], out: [Int], padding: Padding, mirrored: Bool = false, precision: Precision = .float32
  ) {
    call = ck_winograd(
      batch: x[0], height: x[1], width: x[2], in_channels: x[3], out_height: out[1],
      out_width: out[2], out_channels: out[3], top: padding.top, left: padding.left, first_tile: 0,
      tiles: 0, mirrored: mirrored ? 1 : 0, factors: precision.format)
  }

  /// Whether 36 products for each tile are fewer than 9 for each output.
  var pays: Bool {
    let outputs = call.batch * call.out_height * call.out_width
    return withUnsafePointer(to: call) { 5 * ck_winograd_tile_count($0) } < outputs
  }

  /// out = convolution + bias + residual.
  mutating func run(
    _ x: UnsafePointer<Float>, _ weight: ck_numbers, bias: UnsafePointer<Float>?,
    biasStride: Int, residual: UnsafePointer<Float>?, to out: UnsafeMutablePointer<Float>,
    keeping kept: KeptTransform? = nil
  ) {
    let operands = ck_winograd_operands(
      weight: weight, prepared: nil, bias: bias, bias_stride: biasStride, residual: residual,
      out: out)
    let prepared = kept?.numbers(of: call) { self.prepared(weight) }
    if form == .winogradTiles {
      runWithPreparedWeights(x, operands, prepared ?? self.prepared(weight))
    } else {
      runPanelByPanel(x, operands, prepared)
    }
  }

  /// Of so few tiles that threads would have none, each takes some of the output channels.
  var form: KernelForm {
    let blocks = withUnsafePointer(to: call) { ck_winograd_tile_count($0) } / Self.leastTiles
    return preparedCount <= 3 << 17 && blocks >= min(Threads.count, panels)
      ? .winogradTiles : .winogradPanels
  }

  /// The fewest tiles that are worth a thread.
  private static let leastTiles = 8

  private var panels: Int {
    (call.out_channels + Int(CK_WINOGRAD_PANEL) - 1) / Int(CK_WINOGRAD_PANEL)
  }

  /// Floats of all transformed weights.
  var preparedCount: Int { withUnsafePointer(to: call) { panels * ck_winograd_panel_count($0) } }

  /// All weights transformed, one panel of output channels after the other.
  private func prepared(_ weight: ck_numbers) -> Storage {
    let (panels, prepared) = (panels, Storage(count: preparedCount))
    return withUnsafePointer(to: call) { call in
      let size = ck_winograd_panel_count(call)
      Threads.split(panels, grain: 1 + (1 << 5) / call.pointee.in_channels) { range in
        for panel in range {
          ck_winograd_prepare(call, weight, panel, prepared.base + panel * size)
        }
      }
      return prepared
    }
  }

  /// With few weights: all are transformed first, 1.5 MB of them at most. A thread then takes some
  /// tiles from the transformation of their pixels to the finished outputs, all in the cache.
  private mutating func runWithPreparedWeights(
    _ x: UnsafePointer<Float>, _ operands: ck_winograd_operands, _ prepared: Storage
  ) {
    let total = ck_winograd_tile_count(&call)
    let size = ck_winograd_panel_count(&call)
    let (call, panels) = (call, panels)
    // Whole register tiles of 14 or 6 rows, and a few blocks for each thread.
    let blocks = max((total + 41) / 42, min(2 * Threads.count, total / Self.leastTiles))
    Threads.each(blocks) { index in
      var (call, operands) = (call, operands)
      call.first_tile = index * total / blocks
      call.tiles = (index + 1) * total / blocks - call.first_tile
      let transformed = Storage(count: ck_winograd_input_count(&call))
      let scratch = Storage(count: ck_winograd_scratch_count(&call))
      ck_winograd_transform(&call, x, 0, call.tiles, transformed.base)
      for panel in 0..<panels {
        operands.prepared = UnsafePointer(prepared.base + panel * size)
        ck_winograd_multiply(
          &call, transformed.base, &operands, panel, 0, call.tiles, scratch.base)
      }
    }
  }

  /// With many weights: some tiles at a time are transformed, few enough for the products to find
  /// them in the cache. A thread then takes one panel of output channels of these tiles, or a part of
  /// them when there are few panels, from the transformation of its weights, unless that is prepared, to
  /// the finished outputs.
  private mutating func runPanelByPanel(
    _ x: UnsafePointer<Float>, _ operands: ck_winograd_operands, _ prepared: Storage?
  ) {
    let total = ck_winograd_tile_count(&call)
    let size = ck_winograd_panel_count(&call)
    let group = Int(CK_WINOGRAD_TILES)
    let cached = (40 << 10) / call.in_channels / group * group
    call.tiles = min(total, max(group, cached))
    let transformed = Storage(count: ck_winograd_input_count(&call))
    for first in stride(from: 0, to: total, by: call.tiles) {
      call.first_tile = first
      call.tiles = min(call.tiles, total - first)
      let (call, panels) = (call, panels)
      withUnsafePointer(to: call) { call in
        let tiles = call.pointee.tiles
        Threads.split(tiles, grain: 1 + (1 << 9) / call.pointee.in_channels) { range in
          ck_winograd_transform(call, x, range.lowerBound, range.upperBound, transformed.base)
        }
        let parts = panels >= 2 * Threads.count ? 1 : (tiles + group - 1) / group
        Threads.each(panels * parts) { index in
          let scratch = Storage(count: ck_winograd_scratch_count(call))
          let (panel, part) = (index / parts, index % parts)
          var operands = operands
          operands.prepared = prepared.map { UnsafePointer($0.base + panel * size) }
          ck_winograd_multiply(
            call, transformed.base, &operands, panel, part * tiles / parts,
            (part + 1) * tiles / parts, scratch.base)
        }
      }
    }
  }
}
