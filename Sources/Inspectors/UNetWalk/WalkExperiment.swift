import Networks
import Tensors

/// One pass through a U-Net with every layer's cost and output statistics, and pictures of some.
package struct WalkExperiment {
  /// A layer in the order in which it began.
  package struct Layer {
    package let record: LayerRecord
    package let output: Moments
  }

  /// A layer that the walk stops at: a block's part, with some of its channels as pictures.
  package struct Stop {
    package let layer: Layer
    /// The first channels of the output, [channels, H, W].
    package let channels: Tensor
  }

  /// The input of a resolution's second half: how strong main path and skip connection are.
  package struct Skip {
    package let path: String
    /// [B, H, W, C + D]: what came up, and what the way down left.
    package let shape: [Int]
    package let output: Moments
  }

  package let layers: [Layer]
  package let stops: [Stop]
  package let skips: [Skip]
  /// The prediction, shape [1, C, H, W], and the same without a probe.
  package let output: Tensor
  package let unobserved: Tensor
  /// The time of the pass that nobody looked into.
  package let seconds: Double

  /// How many channels of each stop are kept.
  package static let channelCount = 8

  /// - Parameters:
  ///   - sample: x_t, shape [1, C, H, W].
  ///   - context: τ_θ(y), shape [1, M, D].
  package init(_ unet: UNet2DConditionModel, sample: Tensor, t: Float, context: Tensor?) {
    let probe = WalkProbe()
    output = unet(sample, timesteps: [t], context: context, ForwardPass(probe: probe))
    let start = ContinuousClock.now
    unobserved = unet(sample, timesteps: [t], context: context)
    seconds = (ContinuousClock.now - start) / .seconds(1)
    layers = probe.records.sorted { $0.order < $1.order }.compactMap { record in
      probe.moments[record.path].map { Layer(record: record, output: $0) }
    }
    stops = layers.compactMap { layer in
      probe.channels[layer.record.path].map { Stop(layer: layer, channels: $0) }
    }
    skips = layers.filter { $0.record.kind == .skip }.map {
      Skip(path: $0.record.path, shape: $0.record.outputShape, output: $0.output)
    }
  }

  /// Where each skip connection begins and ends, as positions among the stops: what the way down
  /// left last, the way up takes first.
  package var skipLinks: [(from: Int, to: Int)] {
    func isIn(_ part: String, _ index: Int) -> Bool {
      stops[index].layer.record.path.hasPrefix(part)
    }
    // A layer with attention leaves what its transformer gives.
    let left = stops.indices.dropLast().filter { index in
      let isFollowed = stops[index + 1].layer.record.kind == .transformer
      return isIn("conv_in", index) || isIn("down_blocks.", index) && !isFollowed
    }
    let taken = stops.indices.filter {
      isIn("up_blocks.", $0) && stops[$0].layer.record.kind == .resnetBlock
    }
    return zip(left.reversed(), taken).map { (from: $0, to: $1) }
  }

  /// For each skip connection, by how many channels the joined image differs from what came up and
  /// what the way down left together.
  package var skipMismatches: [Int] {
    func channels(_ stop: Int) -> Int { stops[stop].layer.record.outputShape[3] }
    return zip(skips, skipLinks).map { skip, link in
      skip.shape[3] - channels(link.to - 1) - channels(link.from)
    }
  }

  /// Floating-point operations of the whole pass.
  package var flops: Int {
    layers.filter { $0.record.depth == 0 }.reduce(0) { $0 + $1.record.flops }
  }

  /// Parameters that took part, each layer's own.
  package var parameters: Int {
    layers.filter { $0.record.depth == 0 }.reduce(0) { $0 + $1.record.parameters }
  }

  /// How much a ResNet block changes what it is given: std of its last convolution over std of its
  /// output. The convolution's branch is added to the (possibly projected) input.
  package func branchShare(of stop: Stop) -> Double? {
    guard stop.layer.record.kind == .resnetBlock else { return nil }
    let branch = layers.first { $0.record.path == stop.layer.record.path + ".conv2" }
    return branch.map { $0.output.std / stop.layer.output.std }
  }
}

/// Measures every layer's output, and keeps a few channels where the walk stops.
private final class WalkProbe: Probe {
  private(set) var records: [LayerRecord] = []
  private(set) var moments: [String: Moments] = [:]
  private(set) var channels: [String: Tensor] = [:]
  /// The first channels of the last image that was seen, until its layer says what it is.
  private var last: (path: String, channels: Tensor)?

  func wants(_ site: ProbeSite) -> Bool { site.quantity == .output }

  func visit(_ value: inout Tensor, at site: ProbeSite) {
    moments[site.path] = value.moments
    guard value.rank == 4 else { return }
    let count = min(WalkExperiment.channelCount, value.shape[3])
    let first = value.rows(0..<1).slice(0..<count, along: 3)
    last = (site.path, first.permuted([0, 3, 1, 2]).reshaped([count] + value.shape[1...2]))
  }

  func finished(_ layer: LayerRecord) {
    records.append(layer)
    if Self.isStop(layer), let last, last.path == layer.path {
      channels[layer.path] = last.channels
    }
  }

  private static func isStop(_ layer: LayerRecord) -> Bool {
    switch layer.kind {
    case .resnetBlock, .transformer, .downsample, .upsample: true
    case .convolution: layer.depth == 0
    default: false
    }
  }
}
