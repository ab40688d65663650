import Diffusion
import Foundation
import LatentDiffusion
import Tensors

/// What guidance costs, and what it does to the samplers.
package struct GuidanceStudy {
  /// Where the model's latents end: a row of `guidance.csv`.
  package struct LatentRow: Sendable {
    package let sampler: SamplerName
    /// s
    package let scale: Double
    package let steps: Int
    package let modelCalls: Int
    /// Through the U-Net: two for each call with guidance, one for a network that is told its scale.
    package let passes: Int
    /// Of one thread where walks are made side by side.
    package let seconds: Double
    /// The root of the mean square of the last latent's elements; infinite where the walk blew up.
    package let size: Double
    package let end: Tensor
  }

  package let latent: [LatentRow]
  /// PLMS at each scale, step by step.
  package let plms: [(scale: Double, steps: [PLMSStep])]

  /// The samplers that are compared: one slope, four slopes, and two in λ.
  package static let samplers: [SamplerName] = [.ddim, .plms, .dpmSolver]

  /// - Parameters:
  ///   - scales: of the walks of the model, in order.
  ///   - steps: of each of them.
  ///   - progress: called after each step, by several threads.
  package init(
    _ walker: LatentWalker, scales: [Double], steps: Int, progress: () -> Void
  ) throws {
    let model = walker.generation.model
    let isTold = model.unet.configuration.guidanceFeatures != nil
    let walks = Self.samplers.flatMap { name in scales.map { (name: name, scale: $0) } }
    let made = try model.sideBySide(walks.count) { index -> (row: LatentRow, plms: [PLMSStep]) in
      let (name, scale) = walks[index]
      var walked: [DenoisingStep] = []
      let walk = try walker.walk(name, steps: steps, guidanceScale: scale) { step in
        if name == .plms { walked.append(step) }
        progress()
      }
      let size = (walk.end.moments.meanSquare).squareRoot()
      return (
        LatentRow(
          sampler: name, scale: scale, steps: walk.steps, modelCalls: walk.modelCalls,
          passes: walk.modelCalls * (scale == 1 || isTold ? 1 : 2), seconds: walk.seconds,
          size: size.isFinite ? size : .infinity, end: walk.end), PLMSStep.steps(of: walked)
      )
    }
    latent = made.map(\.row)
    plms = zip(walks, made).filter { $0.0.name == .plms }.map { ($0.0.scale, $0.1.plms) }
  }
}
