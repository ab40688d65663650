import Evaluation
import Foundation
import Imaging
import Tensors
import Training

/// Every model over a folder of pictures, beside block PCA with as many values: the middle of each
/// picture, shrunk to cover 256×256.
package struct FolderExperiment: Sendable {
  /// Pixels a side of what is measured.
  package static let size = 256

  /// One picture through one model.
  package struct Measurement: Sendable {
    /// The picture's path within the folder.
    package let picture: String
    package let model: ComparedModel
    package let quality: Quality
    /// What block PCA with as many values makes of it; nil in pixel space.
    package let component: Quality?
  }

  /// A model's means over the pictures.
  package struct Row: Sendable {
    package let model: ComparedModel
    /// Means: in dB, of SSIM, and of the perceptual distance.
    package let psnr, ssim, perceptualDistance: Double
    /// The same of block PCA with as many values; NaN in pixel space.
    package let componentPSNR, componentDistance: Double
    /// On how many of the pictures PCA has the higher PSNR.
    package let lost: Int

    /// By how much the model is ahead of PCA, in dB.
    package var gain: Double { psnr - componentPSNR }
  }

  package let pictureCount: Int
  /// Model by model, in the order of the folder.
  package let measurements: [Measurement]
  package let rows: [Row]

  /// - Parameters:
  ///   - folder: the pictures.
  ///   - models: with or without `pixels`.
  ///   - analysis: the PCA of a model's f and number of channels.
  ///   - network: whose features the perceptual distance compares.
  ///   - progress: called after each picture.
  package init(
    _ folder: PictureFolder, models: [ComparedModel], analysis: (ComparedModel) -> BlockPCA?,
    network: SceneClassifier, progress: () -> Void = {}
  ) {
    let size = Self.size
    let found = folder.entries.map { entry -> [Measurement] in
      defer { progress() }
      let picture = entry.image.tensor.covering(height: size, width: size, .area)
      let bench = PictureQuality(of: picture, network: network)
      var components: [Narrowing: Quality] = [:]
      return models.map { model in
        let narrowing = Narrowing(factor: model.factor, channels: model.channels)
        if components[narrowing] == nil, let analysis = analysis(model) {
          components[narrowing] = bench.measure(analysis.reconstruct(bench.original))
        }
        let latent = model.encode(bench.original)
        return Measurement(
          picture: entry.name, model: model,
          quality: bench.measure(model.decode(latent.mean, height: size, width: size)),
          component: components[narrowing])
      }
    }
    pictureCount = folder.entries.count
    measurements = models.indices.flatMap { model in found.map { $0[model] } }
    rows = models.indices.map { model in Self.row(models[model], found.map { $0[model] }) }
  }

  /// What a block PCA is chosen by: a KL and a VQ model of the same f share one.
  private struct Narrowing: Hashable {
    let factor, channels: Int
  }

  private static func row(_ model: ComparedModel, _ measured: [Measurement]) -> Row {
    func mean(_ values: [Double]) -> Double { values.meanAndDeviation.mean }
    let components = measured.compactMap(\.component)
    return Row(
      model: model, psnr: mean(measured.map(\.quality.psnr)),
      ssim: mean(measured.compactMap(\.quality.ssim)),
      perceptualDistance: mean(measured.map(\.quality.perceptualDistance)),
      componentPSNR: mean(components.map(\.psnr)),
      componentDistance: mean(components.map(\.perceptualDistance)),
      lost: measured.count { found in found.component.map { $0.psnr > found.quality.psnr } ?? false
      })
  }

  /// Those that have a latent.
  package var latentRows: [Row] { rows.filter(\.model.isLatent) }
}
