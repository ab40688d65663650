import CKernels

extension WinogradConvolution {
  /// The gradient with respect to the weight, [Cout, Cin, 3, 3], from x and ∂y.
  ///
  /// Sums over tiles run in an order that depends on the shapes alone, whatever number of threads
  /// there is.
  mutating func weightGradient(
    _ x: UnsafePointer<Float>, _ dy: UnsafePointer<Float>, to out: UnsafeMutablePointer<Float>
  ) {
    let size = ck_winograd_weight_gradient_count(&call)
    let parts = size <= 1 << 16 ? 8 : size <= 1 << 18 ? 4 : 1
    let sums = Storage(count: parts * size)
    if parts > 1 && ck_winograd_tile_count(&call) >= 32 * parts {
      sumInParts(x, dy, parts: parts, size: size, sums.base)
      finish(sums.base, parts: parts, to: out)
    } else {
      sumByFrequency(x, dy, sums.base)
      finish(sums.base, parts: 1, to: out)
    }
  }

  /// With few weights: a thread takes a part of the tiles, and of these few enough at a time for their
  /// transforms to stay in its cache.
  private func sumInParts(
    _ x: UnsafePointer<Float>, _ dy: UnsafePointer<Float>, parts: Int, size: Int,
    _ sums: UnsafeMutablePointer<Float>
  ) {
    let call = call
    let total = withUnsafePointer(to: call, ck_winograd_tile_count)
    let group = max(32, (4 << 10) / (call.in_channels + call.out_channels) / 16 * 16)
    Threads.each(parts) { part in
      var call = call
      call.tiles = group
      let inputs = Storage(count: ck_winograd_input_count(&call))
      let outputs = Storage(count: ck_winograd_output_gradient_count(&call))
      let (first, last) = (part * total / parts, (part + 1) * total / parts)
      for tile in stride(from: first, to: last, by: group) {
        call.first_tile = tile
        call.tiles = min(group, last - tile)
        ck_winograd_transform(&call, x, 0, call.tiles, inputs.base)
        ck_winograd_transform_output_gradient(&call, dy, 0, call.tiles, outputs.base)
        ck_winograd_accumulate(
          &call, inputs.base, outputs.base, 0, 36, tile > first ? 1 : 0, sums + part * size)
      }
    }
  }

  /// With many weights: threads transform some tiles together, then each takes some frequencies.
  private mutating func sumByFrequency(
    _ x: UnsafePointer<Float>, _ dy: UnsafePointer<Float>, _ sums: UnsafeMutablePointer<Float>
  ) {
    let total = ck_winograd_tile_count(&call)
    let channels = call.in_channels + call.out_channels
    call.tiles = min(total, max(64, (7 << 10) / channels / 16 * 16))
    let inputs = Storage(count: ck_winograd_input_count(&call))
    let outputs = Storage(count: ck_winograd_output_gradient_count(&call))
    for first in stride(from: 0, to: total, by: call.tiles) {
      call.first_tile = first
      call.tiles = min(call.tiles, total - first)
      let call = call
      withUnsafePointer(to: call) { call in
        Threads.split(call.pointee.tiles, grain: 1 + (1 << 12) / channels) { range in
          ck_winograd_transform(call, x, range.lowerBound, range.upperBound, inputs.base)
          ck_winograd_transform_output_gradient(
            call, dy, range.lowerBound, range.upperBound, outputs.base)
        }
        Threads.split(36, grain: 1 + (1 << 19) / size(of: call)) { range in
          ck_winograd_accumulate(
            call, inputs.base, outputs.base, range.lowerBound, range.upperBound,
            first > 0 ? 1 : 0, sums)
        }
      }
    }
  }

  /// Multiply-adds of one frequency.
  private func size(of call: UnsafePointer<ck_winograd>) -> Int {
    call.pointee.tiles * call.pointee.in_channels * call.pointee.out_channels
  }

  private func finish(
    _ sums: UnsafePointer<Float>, parts: Int, to out: UnsafeMutablePointer<Float>
  ) {
    withUnsafePointer(to: call) { call in
      Threads.split(call.pointee.out_channels, grain: 1 + (1 << 9) / call.pointee.in_channels) {
        ck_winograd_weight_gradient(call, sums, parts, $0.lowerBound, $0.upperBound, out)
      }
    }
  }
}
