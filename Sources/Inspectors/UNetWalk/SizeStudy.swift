import Networks
import Tensors

/// How the cost of a pass grows with the latent, the batch and the prompt: measured time beside the
/// operations that are counted.
package struct SizeStudy: Sendable {
  /// What becomes larger while the others stay as usual.
  package enum Extent: String, Sendable, CaseIterable { case side, batch, tokens }

  /// What goes into a pass: the side of a square latent, how many of them, and the words of a prompt.
  package struct Size: Sendable, Hashable {
    package var side, batch, tokens: Int

    func value(_ extent: Extent) -> Int {
      switch extent {
      case .side: side
      case .batch: batch
      case .tokens: tokens
      }
    }
  }

  /// Operations and time of all layers of a kind.
  package struct Part: Sendable {
    package fileprivate(set) var flops = 0
    package fileprivate(set) var seconds = 0.0
  }

  /// The shortest pass at one size.
  package struct Point: Sendable {
    /// What this point is one of several sizes of.
    package let extent: Extent
    package let size: Size
    package let parts: [LayerKind: Part]
    package let seconds: Double

    package var flops: Int { parts.values.reduce(0) { $0 + $1.flops } }
    var value: Int { size.value(extent) }

    /// The part of the operations that are in layers of a kind.
    func share(of kind: LayerKind) -> Double {
      Double(parts[kind]?.flops ?? 0) / Double(max(flops, 1))
    }
  }

  /// The kinds of layers that nearly all operations are in.
  static let kinds: [LayerKind] = [.convolution, .linear, .attentionProduct]

  /// The size that the network was made for.
  package let usual: Point
  /// By extent, in ascending order; the usual size is in each of them.
  package let points: [Point]

  /// - Parameters:
  ///   - unet: the network.
  ///   - sizes: the values of each extent; `Self.sizes(for:)` unless told.
  ///   - generator: of the numbers that go in.
  ///   - advance: called after each size.
  package init(
    _ unet: UNet2DConditionModel, sizes: [Extent: [Int]]? = nil, generator: TorchGenerator,
    advance: () -> Void = {}
  ) {
    let sizes = sizes ?? Self.sizes(for: unet.configuration)
    let base = Self.usualSize(of: unet.configuration)
    var measured: [Size: (parts: [LayerKind: Part], seconds: Double)] = [:]
    func point(_ extent: Extent, _ size: Size) -> Point {
      let found = measured[size] ?? Self.shortest(unet, size, generator)
      if measured.updateValue(found, forKey: size) == nil { advance() }
      return Point(extent: extent, size: size, parts: found.parts, seconds: found.seconds)
    }
    usual = point(.side, base)
    points = Extent.allCases.flatMap { extent in
      (sizes[extent] ?? []).map { value in
        var size = base
        switch extent {
        case .side: size.side = value
        case .batch: size.batch = value
        case .tokens: size.tokens = value
        }
        return point(extent, size)
      }
    }
  }

  /// A quarter of the usual side to twice as much, 1 to 8 latents, and one to three sequences of a text
  /// encoder, where the network listens to any.
  package static func sizes(for c: UNetConfiguration) -> [Extent: [Int]] {
    let usual = usualSize(of: c)
    let step = 1 << (c.blockOutChannels.count - 1)
    let sides = [1, 2, 4, 6, 8].map { usual.side * $0 / 4 }.filter { $0 >= step && $0 % step == 0 }
    return [
      .side: sides, .batch: [1, 2, 4, 8],
      .tokens: c.usesContext ? [1, 2, 3].map { $0 * usual.tokens } : [],
    ]
  }

  private static func usualSize(of c: UNetConfiguration) -> Size {
    Size(side: c.sampleSize?[0] ?? 64, batch: 1, tokens: 77)
  }

  /// Seconds after which a size is not computed again.
  private static let patience = 5.0

  /// The shortest of two passes or more, of which the first warms up.
  private static func shortest(
    _ unet: UNet2DConditionModel, _ size: Size, _ generator: TorchGenerator
  ) -> (parts: [LayerKind: Part], seconds: Double) {
    let c = unet.configuration
    let sample = generator.normal([size.batch, c.inChannels, size.side, size.side])
    let context =
      c.usesContext
      ? generator.normal([size.batch, size.tokens, c.crossAttentionDimensions[0]]) : nil
    let timesteps = [Float](repeating: 500, count: size.batch)
    var best: (parts: [LayerKind: Part], seconds: Double)?
    var spent = 0.0
    for pass in 0..<4 where pass < 2 || spent < patience {
      let probe = RecordingProbe()
      let start = ContinuousClock.now
      _ = unet(sample, timesteps: timesteps, context: context, ForwardPass(probe: probe))
      let seconds: Double = (ContinuousClock.now - start) / .seconds(1)
      spent += seconds
      if seconds < best?.seconds ?? .infinity { best = (parts(of: probe.layers), seconds) }
    }
    return best ?? ([:], .nan)
  }

  private static func parts(of layers: [LayerRecord]) -> [LayerKind: Part] {
    layers.filter(\.kind.isOperation).reduce(into: [:]) { parts, layer in
      parts[layer.kind, default: Part()].flops += layer.flops
      parts[layer.kind, default: Part()].seconds += layer.seconds
    }
  }

  /// What the operations of a point would take at the speed of the usual size.
  package func expectedSeconds(_ point: Point) -> Double {
    usual.seconds * Double(point.flops) / Double(usual.flops)
  }
}
