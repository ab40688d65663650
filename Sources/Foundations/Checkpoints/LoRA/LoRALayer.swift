import Foundation
import Tensors

/// What a LoRA, or one of its relatives, adds to one layer's weight W.
///
///     ΔW = scale · factor · B · A                      LoRA (arXiv:2106.09685) Eq. 3
///     ΔW = scale · factor · (B₁ A₁) ⊙ (B₂ A₂)          LoHa, FedPara (arXiv:2108.06098) Eq. 1
///     ΔW = scale · factor · C ⊗ (B A)                  LoKr, KronA (arXiv:2212.10650)
///
/// Notation: A is thin and lies, B is thin and stands; the factor is α / r, and 1 where the file names
/// no α. ⊙ multiplies number by number, ⊗ is Kronecker's product. Of a convolution, A has its kernel
/// and B is 1 × 1, so that the product of the flattened two is W's change in the order of W's own
/// numbers; with a core in between (Tucker's form) A is the core times a 1 × 1 matrix.
/// Source: LyCORIS (arXiv:2309.14859) §3.
public struct LoRALayer: Sendable {
  /// The kinds of layers.
  public enum Kind: String, Sendable {
    /// x·Wᵀ
    case linear
    /// Of an image.
    case convolution
  }

  /// The relatives, by how they write ΔW.
  public enum Form: String, Sendable {
    /// B·A.
    case lora
    /// B·A of a convolution, with a core in between.
    case tucker
    /// (B₁A₁) ⊙ (B₂A₂).
    case loha
    /// C ⊗ D, each whole or a product.
    case lokr

    /// As people call it.
    public var name: String {
      switch self {
      case .lora: "LoRA"
      case .tucker: "LoCon (Tucker)"
      case .loha: "LoHa"
      case .lokr: "LoKr"
      }
    }
  }

  /// The LoRA's file.
  public let file: String
  /// The part of the model.
  public let part: LoRAPart
  /// The diffusers path in that part.
  public let module: String
  /// How ΔW is written.
  public let form: Form
  /// Of W: [outputs, inputs], or [outputs, inputs, height, width].
  public let shape: [Int]
  /// α; nil where the file names none.
  public let alpha: Double?
  /// α / r, or as its settings say.
  public let factor: Double
  /// r, the inner extent of its products; nil for a LoKr of two whole matrices.
  public let rank: Int?
  /// ΔW / (scale · factor), [outputs, inputs · height · width].
  public let matrix: ThinMatrix

  /// ΔW has no more singular values than this: r of a LoRA, r² of a LoHa, and never more than W.
  public var mostDirections: Int { matrix.mostDirections }
  /// What W is of.
  public var kind: Kind { shape.count == 2 ? .linear : .convolution }
  /// W's name in its part.
  public var parameterName: String { "\(module).weight" }

  /// ΔW, in W's shape.
  /// - Parameter scale: how much of it; negative for the opposite.
  public func change(scale: Double) -> Tensor {
    matrix.dense.scaled(by: Float(scale * factor)).reshaped(shape)
  }

  /// The singular values of ΔW, largest first, `mostDirections` of them.
  /// - Parameter scale: how much of it.
  public func singularValues(scale: Double) -> [Double] {
    matrix.singularValues.map { $0 * abs(scale * factor) }
  }
}

/// How much a LoRA changes one layer, measured.
public struct LoRAEffect: Sendable {
  /// What was added.
  public let layer: LoRALayer
  /// How much of it.
  public let scale: Double
  /// ‖ΔW‖, Frobenius.
  public let norm: Double
  /// ‖W‖, as it was before any LoRA.
  public let weightNorm: Double
  /// Of ΔW, largest first.
  public let singularValues: [Double]
  /// The largest difference of W'x from Wx + scale · factor · B(Ax) for one random x, relative to the
  /// largest magnitude; B and A as `ThinMatrix.factors` has them.
  public let sideResidual: Double

  /// What was measured of one layer.
  /// - Parameters:
  ///   - layer: what was added.
  ///   - scale: how much of it.
  ///   - norm: ‖ΔW‖.
  ///   - weightNorm: ‖W‖ before any was added.
  ///   - singularValues: of ΔW, largest first.
  ///   - sideResidual: of the merged layer against the two beside each other.
  public init(
    layer: LoRALayer, scale: Double, norm: Double, weightNorm: Double,
    singularValues: [Double], sideResidual: Double
  ) {
    (self.layer, self.scale, self.norm) = (layer, scale, norm)
    (self.weightNorm, self.singularValues) = (weightNorm, singularValues)
    self.sideResidual = sideResidual
  }

  /// ‖ΔW‖ / ‖W‖; infinite where W was 0, and 0 where nothing changes.
  public var relativeNorm: Double { norm == 0 ? 0 : norm / weightNorm }

  /// How many directions the change really has; 0 where nothing changes.
  public var effectiveRank: Double { Self.effectiveRank(of: singularValues) }

  /// |‖ΔW‖ − √Σσ²| / ‖ΔW‖: two ways to one number; 0 where nothing changes.
  public var spectrumResidual: Double { Self.spectrumResidual(of: singularValues, norm: norm) }
}

// MARK: - What a spectrum says

extension LoRAEffect {
  /// e to the entropy of the singular values' shares; 0 where all are 0.
  /// Source: O. Roy, M. Vetterli: The effective rank (EUSIPCO 2007).
  static func effectiveRank(of singularValues: [Double]) -> Double {
    let sum = singularValues.reduce(0, +)
    guard sum > 0 else { return 0 }
    return exp(
      -singularValues.reduce(0) { $0 + ($1 > 0 ? $1 / sum * log($1 / sum) : 0) })
  }

  static func spectrumResidual(of singularValues: [Double], norm: Double) -> Double {
    let length = singularValues.reduce(0) { $0 + $1 * $1 }.squareRoot()
    return norm > 0 ? abs(norm - length) / norm : length
  }
}
