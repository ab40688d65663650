import Foundation
import Tensors

/// What a LoRA adds to one layer's weight W.
///
///     ΔW = scale · factor · B · A        LoRA (arXiv:2106.09685) Eq. 3
///
/// Notation: A is `down`, B is `up`; the factor is α / r, and 1 where the file names no α. Of a
/// convolution, A has its kernel and B is 1 × 1, so that the product of the flattened two is W's
/// change in the order of W's own numbers.
public struct LoRALayer: Sendable {
  /// The kinds of layers.
  public enum Kind: String, Sendable {
    /// x·Wᵀ
    case linear
    /// Of an image.
    case convolution
  }

  /// The LoRA's file.
  public let file: String
  /// The part of the model.
  public let part: LoRAPart
  /// The diffusers path in that part.
  public let module: String
  /// Of W: [outputs, inputs], or [outputs, inputs, height, width].
  public let shape: [Int]
  /// α; nil where the file names none.
  public let alpha: Double?
  /// α / r, or as its settings say.
  public let factor: Double
  /// A, [rank, inputs · height · width].
  public let down: Tensor
  /// B, [outputs, rank].
  public let up: Tensor

  /// r: at most as many directions are changed.
  public var rank: Int { up.shape[1] }
  /// What W is of.
  public var kind: Kind { shape.count == 2 ? .linear : .convolution }
  /// W's name in its part.
  public var parameterName: String { "\(module).weight" }

  /// ΔW, in W's shape.
  /// - Parameter scale: how much of it; negative for the opposite.
  public func change(scale: Double) -> Tensor {
    Tensor.matrixProduct(up, down).scaled(by: Float(scale * factor)).reshaped(shape)
  }

  /// The singular values of ΔW, largest first, as many as the rank.
  /// - Parameter scale: how much of it.
  public func singularValues(scale: Double) -> [Double] {
    Tensor.singularValues(ofProduct: up, down).map { $0 * abs(scale * factor) }
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
  /// ‖ΔW‖ / ‖W‖, with W as it was before any LoRA; infinite where W was 0.
  public let relativeNorm: Double
  /// Of ΔW, largest first.
  public let singularValues: [Double]
  /// The largest difference of W'x from Wx + scale · factor · B(Ax) for one random x, relative to the
  /// largest magnitude.
  public let sideResidual: Double

  /// What was measured of one layer.
  /// - Parameters:
  ///   - layer: what was added.
  ///   - scale: how much of it.
  ///   - norm: ‖ΔW‖.
  ///   - relativeNorm: the same by ‖W‖.
  ///   - singularValues: of ΔW, largest first.
  ///   - sideResidual: of the merged layer against the two beside each other.
  public init(
    layer: LoRALayer, scale: Double, norm: Double, relativeNorm: Double,
    singularValues: [Double], sideResidual: Double
  ) {
    (self.layer, self.scale, self.norm) = (layer, scale, norm)
    (self.relativeNorm, self.singularValues) = (relativeNorm, singularValues)
    self.sideResidual = sideResidual
  }

  /// How many directions the change really has: e to the entropy of the singular values' shares; 0
  /// where nothing changes.
  /// Source: O. Roy, M. Vetterli: The effective rank (EUSIPCO 2007).
  public var effectiveRank: Double {
    let sum = singularValues.reduce(0, +)
    guard sum > 0 else { return 0 }
    return exp(
      -singularValues.reduce(0) { $0 + ($1 > 0 ? $1 / sum * log($1 / sum) : 0) })
  }

  /// |‖ΔW‖ − √Σσ²| / ‖ΔW‖: two ways to one number; 0 where nothing changes.
  public var spectrumResidual: Double {
    let length = singularValues.reduce(0) { $0 + $1 * $1 }.squareRoot()
    return norm > 0 ? abs(norm - length) / norm : length
  }
}
