import Storybook
import Tensors

/// How good a first stage is: the evaluation that every table asks, always with the same pictures, none of
/// which any training meets.
package enum FirstStageEvaluation {
  /// How many scenes it takes.
  package static let sceneCount = 24
  /// How many textures it takes.
  package static let textureCount = 12
  private static let seed: UInt64 = 90_210

  /// Scenes of combinations that training never meets.
  /// - Returns: [count, 3, 128, 128] in [−1, 1].
  package static func scenes(_ count: Int = sceneCount) -> Tensor {
    SceneBatches(seed: seed, split: .heldOut).batch(0..<count).pictures
  }

  /// Dead leaves, which have the statistics of photographs.
  /// - Returns: [count, 3, 128, 128] in [−1, 1].
  package static func textures(_ count: Int = textureCount) -> Tensor {
    DeadLeaves(size: 128).pictures(seed: seed, indices: 0..<count)
  }

  /// What came of the evaluation.
  package struct Result: Sendable, Equatable {
    /// Of the scenes.
    package let scenes: ReconstructionQuality
    /// Of the textures.
    package let textures: ReconstructionQuality
  }

  /// - Parameter reconstruct: encodes and decodes [1, 3, 128, 128]; asked by several threads at once.
  package static func result(of reconstruct: (Tensor) -> Tensor) -> Result {
    Result(
      scenes: ReconstructionQuality(of: scenes(), through: reconstruct),
      textures: ReconstructionQuality(of: textures(), through: reconstruct))
  }
}
