import Evaluation
import Foundation
import Imaging
import Networks
import Tensors

/// The models on scenes that no training met, and the scale of their latents.
package struct ScenesExperiment: Sendable {
  /// What one model does on average over the scenes.
  package struct Row: Sendable {
    package let model: ComparedModel
    /// Mean PSNR in dB, and that of block PCA with the same number of values: NaN in pixel space.
    package let psnr: Double
    package let componentPSNR: Double
    package let scale: LatentScale

    package var gain: Double { psnr - componentPSNR }
  }

  package let rows: [Row]
  /// Whether some of them were measured earlier.
  let remembers: Bool

  /// What was measured now and earlier, in the order of the models.
  init(_ models: [ComparedModel], measured: [Row], known: [Row]) {
    rows = models.compactMap { model in
      (measured + known).first { $0.model.name == model.name }
    }
    remembers = !known.isEmpty
  }

  /// - Parameters:
  ///   - analysis: the PCA of a model's f and number of channels.
  ///   - scenes, textures: [B, 3, S, S]; PSNR is measured on the scenes, the scale on both.
  ///   - progress: called after each model.
  package init(
    _ models: [ComparedModel], analysis: (ComparedModel) -> BlockPCA?,
    scenes: Tensor, textures: Tensor, progress: () -> Void = {}
  ) {
    remembers = false
    rows = models.map { model in
      defer { progress() }
      let weights = WeightMemory()
      let latents = Self.encode(.concatenated([scenes, textures], along: 0), model, weights)
      let size = (scenes.shape[2], scenes.shape[3])
      let psnr = ReconstructionQuality.meanPSNR(of: scenes) { scene in
        model.decode(
          latents.mean.rows(scene), height: size.0, width: size.1, keeping: weights)
      }
      let pca = analysis(model).map { pca in
        ReconstructionQuality.meanPSNR(of: scenes) { scene in
          pca.decode(
            pca.encode(scenes.rows(scene)), batch: 1, height: size.0, width: size.1)
        }
      }
      return Row(
        model: model, psnr: psnr, componentPSNR: pca ?? .nan,
        scale: LatentScale(model, latents))
    }
  }

  /// Pictures are small: they pass a model side by side, each by one thread.
  private static func encode(
    _ pictures: Tensor, _ model: ComparedModel, _ weights: WeightMemory
  ) -> LatentDistribution {
    let encoded = Threads.map(pictures.shape[0]) {
      model.encode(pictures.rows($0..<$0 + 1), keeping: weights)
    }
    return LatentDistribution(
      .concatenated(encoded.map(\.parameters), along: 0), channels: model.channels)
  }

  package func row(of model: ComparedModel) -> Row? { rows.first { $0.model.name == model.name } }

  /// Those that have a latent.
  package var latentRows: [Row] { rows.filter(\.model.isLatent) }

  /// By how much block PCA is ahead of a trained model at worst, in dB: negative where every model is
  /// better. Nil when nothing was trained.
  package var worstDeficit: Double? {
    latentRows.filter(\.model.isTrained).map { -$0.gain }.max()
  }
}

/// How large a model's latents are, and the factor that makes their variance 1 (LDM,
/// arXiv:2112.10752, §G).
package struct LatentScale: Sendable {
  package struct Channel: Sendable {
    package let mean: Double
    package let std: Double
  }

  package let channels: [Channel]
  /// Over all channels, around the mean of all of them, draws from the posterior included.
  package let std: Double
  /// What the model itself states.
  package let stated: Double

  /// 1/std: what diffusion multiplies latents with.
  package var scale: Double { std > 0 ? 1 / std : 1 }

  /// What was measured earlier, one number for each channel.
  package init(_ model: ComparedModel, means: [Double], stds: [Double], std: Double) {
    channels = zip(means, stds).map { Channel(mean: $0, std: $1) }
    (self.std, stated) = (std, model.stage.latentScale)
  }

  /// - Parameter latents: of many pictures, [B, c, h, w].
  package init(_ model: ComparedModel, _ latents: LatentDistribution) {
    let noise = latents.posterior.map { $0.logVariance.map { exp($0) } }
    func spread(_ values: Tensor, _ noise: Tensor?) -> Channel {
      let moments = values.moments
      return Channel(
        mean: moments.mean,
        std: (moments.variance + (noise?.moments.mean ?? 0)).squareRoot())
    }
    channels = (0..<latents.mean.shape[1]).map { channel in
      let range = channel..<channel + 1
      return spread(
        latents.mean.slice(range, along: 1), noise?.slice(range, along: 1))
    }
    std = spread(latents.mean, noise).std
    stated = model.stage.latentScale
  }
}
