import Networks
import Tensors

/// What every layer reaches of what the machine can do: operations a second against operations for each
/// byte that the layer must at least move.
///
///     attainable = min(peak, bandwidth · intensity)      S. Williams, A. Waterman, D. Patterson,
///                                                        doi:10.1145/1498765.1498785, §2
///
/// Operations are counted directly, as everywhere here: a fast convolution that makes do with fewer
/// products may lie above the roof.
package struct Roofline {
  /// What the machine can do, measured on the threads that are used.
  package struct Machine: Sendable {
    /// Floating-point operations a second, in a product of matrices that fit the caches.
    package let peak: Double
    /// Bytes a second to and from main memory.
    package let bandwidth: Double

    package init(peak: Double, bandwidth: Double) {
      (self.peak, self.bandwidth) = (peak, bandwidth)
    }

    /// The most operations a second for so many operations a byte.
    package func attainable(intensity: Double) -> Double { min(peak, bandwidth * intensity) }
  }

  /// One layer that computes by itself.
  package struct Layer: Sendable {
    package let path: String
    package let kind: LayerKind
    package let flops: Int
    /// What goes in, comes out and is stored as weights, 4 bytes each; of attention queries and results.
    package let bytes: Int
    /// The shortest of several passes.
    package let seconds: Double
    /// The most operations a second that the machine allows.
    package let attainable: Double

    /// Operations for each byte.
    package var intensity: Double { Double(flops) / Double(bytes) }
    /// Operations a second.
    package var speed: Double { Double(flops) / seconds }
    /// What the layer reaches of what it could.
    package var share: Double { speed / attainable }
  }

  package let machine: Machine
  /// In the order of the pass; layers that only move numbers are left out.
  package let layers: [Layer]

  private static let passes = 3

  /// - Parameters:
  ///   - sample: x_t, shape [1, C, H, W].
  ///   - context: τ_θ(y), shape [1, M, D].
  ///   - machine: measured now unless told.
  package init(
    _ unet: UNet2DConditionModel, sample: Tensor, t: Float, context: Tensor?,
    machine: Machine = .measured()
  ) {
    let passes = (0..<Self.passes).map { _ in
      let probe = RecordingProbe()
      _ = unet(sample, timesteps: [t], context: context, ForwardPass(probe: probe))
      return probe.layers
    }
    self.machine = machine
    layers = passes[0].indices.compactMap { index in
      let record = passes[0][index]
      let seconds = passes.map { $0[index].seconds }.min() ?? 0
      guard record.kind.isOperation, record.flops > 0, seconds > 0 else { return nil }
      return Layer(record, seconds: seconds, machine)
    }
  }

  /// All operations over all the time of these layers.
  package var speed: Double {
    Double(layers.reduce(0) { $0 + $1.flops }) / max(layers.reduce(0) { $0 + $1.seconds }, 1e-9)
  }
}

extension Roofline.Layer {
  fileprivate init(_ record: LayerRecord, seconds: Double, _ machine: Roofline.Machine) {
    let numbers =
      record.inputShape.reduce(1, *) + record.outputShape.reduce(1, *) + record.parameters
    (path, kind, flops, bytes) = (record.path, record.kind, record.flops, 4 * numbers)
    self.seconds = seconds
    attainable = machine.attainable(intensity: Double(flops) / Double(bytes))
  }
}

extension Roofline.Machine {
  /// Sides of the matrices whose product stands for the peak.
  private static let side = 768
  /// Numbers that no cache of a processor for two to sixteen threads holds.
  private static let many = 1 << 26

  /// Measures the machine: about half a second, and half a gigabyte for a moment.
  package static func measured() -> Self {
    let matrix = Tensor([side, side], repeating: 1 / Float(side))
    let product = shortest(of: 8) { Tensor.linear(matrix, matrix) }
    let numbers = Tensor([many], repeating: 1)
    let scaled = shortest(of: 4) { numbers.scaled(by: 0.5) }
    return Self(
      peak: 2 * Double(side * side * side) / product,
      // Each number is read and written.
      bandwidth: 8 * Double(many) / scaled)
  }

  private static func shortest(of count: Int, _ body: () -> Tensor) -> Double {
    (0..<count).map { _ in
      let start = ContinuousClock.now
      let result = body()
      return withExtendedLifetime(result) { (ContinuousClock.now - start) / .seconds(1) }
    }.min() ?? .nan
  }
}
