import Tensors

/// What several LoRAs change in one layer together.
///
///     ΔW = Σ_k ΔW_k,    ‖ΔW‖ ≤ Σ_k ‖ΔW_k‖
public struct LoRASum: Sendable {
  /// The part of the model.
  public let part: LoRAPart
  /// The diffusers path in that part.
  public let module: String
  /// How many LoRAs change the layer.
  public let count: Int
  /// ‖ΔW‖, Frobenius.
  public let norm: Double
  /// ‖W‖, as it was before any LoRA.
  public let weightNorm: Double
  /// Σ_k ‖ΔW_k‖.
  public let sumOfNorms: Double
  /// Of ΔW, largest first; what is below 1e-6 of `sumOfNorms` is rounding, and 0.
  public let singularValues: [Double]

  /// The layers that more than one LoRA changes, in the order of the first.
  /// - Parameter effects: of all LoRAs, each measured by itself.
  public static func sums(of effects: [LoRAEffect]) -> [LoRASum] {
    let layers = Dictionary(grouping: effects.indices) { index in
      "\(effects[index].layer.part).\(effects[index].layer.module)"
    }
    let several = layers.values.filter { $0.count > 1 }.sorted { $0[0] < $1[0] }
    return Threads.map(several.count) { LoRASum(several[$0].map { effects[$0] }) }
  }

  /// - Parameter effects: of one layer, one at least.
  private init(_ effects: [LoRAEffect]) {
    let layer = effects[0].layer
    (part, module, count) = (layer.part, layer.module, effects.count)
    weightNorm = effects[0].weightNorm
    sumOfNorms = effects.reduce(0) { $0 + $1.norm }
    var sum = layer.change(scale: effects[0].scale)
    for effect in effects.dropFirst() { sum = sum + effect.layer.change(scale: effect.scale) }
    norm = sum.norm
    let rounding = 1e-6 * sumOfNorms
    singularValues = Self.matrix(of: effects, sum: sum).singularValues.map {
      $0 < rounding ? 0 : $0
    }
  }

  /// The factors beside each other make the sum: [B₁ B₂ …] · [A₁; A₂; …].
  private static func matrix(of effects: [LoRAEffect], sum: Tensor) -> ThinMatrix {
    let whole = sum.reshaped([sum.shape[0], -1])
    let directions = effects.reduce(0) { $0 + $1.layer.mostDirections }
    guard directions < min(whole.shape[0], whole.shape[1]) else { return .whole(whole) }
    let factors = effects.map(\.layer.matrix.factors)
    let ups = zip(effects, factors).map { effect, factors in
      factors.up.scaled(by: Float(effect.scale * effect.layer.factor))
    }
    return .product(
      up: .concatenated(ups, along: 1), down: .concatenated(factors.map(\.down), along: 0))
  }

  /// ‖ΔW‖ / ‖W‖; infinite where W was 0, and 0 where nothing changes.
  public var relativeNorm: Double { norm == 0 ? 0 : norm / weightNorm }

  /// ‖ΔW‖ / Σ‖ΔW_k‖: 1 where all pull one way, 0 where they cancel, and 1/√n for n alike that have
  /// nothing to do with each other.
  public var agreement: Double { sumOfNorms == 0 ? 0 : norm / sumOfNorms }

  /// How many directions the change really has; 0 where nothing changes.
  public var effectiveRank: Double { LoRAEffect.effectiveRank(of: singularValues) }

  /// |‖ΔW‖ − √Σσ²| by Σ‖ΔW_k‖: two ways to one number; 0 where nothing changes.
  public var spectrumResidual: Double {
    let length = singularValues.reduce(0) { $0 + $1 * $1 }.squareRoot()
    return sumOfNorms > 0 ? abs(norm - length) / sumOfNorms : length
  }
}
