import Evaluation
import Foundation
import Imaging
import Networks
import Pages
import Tensors
import Training

/// One picture through every model and baseline.
package struct CompressionExperiment {
  /// x, [1, 3, H, W] in [−1, 1].
  package let original: Tensor
  /// In the order of the models: by f.
  package let reconstructions: [Reconstruction]
  /// Block PCA, one for each f and number of channels that a model has.
  package let components: [Baseline]
  /// The cosine codec at each model's rate, in the order of the models, without pixel space.
  package let cosines: [Baseline]
  /// The cosine codec at many rates: how good it gets with so many bits.
  package let cosineCurve: [CosinePoint]
  /// JPEG files of the picture.
  package let jpegCurve: JPEGCurve
  package let tilings: [TilingDifference]
  /// One scale for all error pictures.
  let errorRange: ClosedRange<Float>
  /// How orthonormal the directions of each PCA are, and the energy that the cosine transform loses.
  package let orthonormalityError: Double
  package let cosineError: Double

  /// One rate of the cosine codec.
  package struct CosinePoint: Sendable {
    package let bitsPerPixel: Double
    package let psnr: Double
    package let perceptualDistance: Double
  }

  /// - Parameters:
  ///   - models: with or without `pixels`.
  ///   - analyses: the PCA of every f and number of channels of the models.
  ///   - progress: called after each model and each baseline.
  package init(
    _ bench: Workbench, models: [ComparedModel], analyses: [BlockPCA],
    progress: () -> Void = {}
  ) {
    original = bench.original
    func each<Item, Result>(_ items: [Item], _ body: (Item) -> Result) -> [Result] {
      items.map { item in
        defer { progress() }
        return body(item)
      }
    }
    reconstructions = each(models) { bench.reconstruct(with: $0) }
    errorRange = ErrorMap.range(of: reconstructions, from: original)
    components = each(analyses) { bench.reconstruct(with: $0) }
    cosines = each(reconstructions.filter(\.model.isLatent)) {
      bench.reconstruct(cosinesMatching: $0)
    }
    let codec = CosineCodec(bench.original)
    cosineCurve = Self.curve(codec, bench)
    jpegCurve = JPEGCurve(bench.quality)
    progress()
    tilings = reconstructions.filter { $0.tiling != .whole }.map {
      TilingDifference($0.model, on: bench.original, tiling: $0.tiling)
    }
    orthonormalityError = analyses.map(\.orthonormalityError).max() ?? 0
    let padded = bench.original.paddedToMultiple(of: CosineCodec.block)
    cosineError = abs(codec.spectrum.norm / max(padded.norm, .leastNormalMagnitude) - 1)
  }

  /// How many times `progress` is called.
  package static func steps(models: [ComparedModel], analyses: Int) -> Int {
    models.count + analyses + models.count(where: \.isLatent) + 1
  }

  private static func curve(_ codec: CosineCodec, _ bench: Workbench) -> [CosinePoint] {
    let pixels = Double(codec.height * codec.width)
    return stride(from: -40, through: 24, by: 4).map { index in
      let quality = bench.quality.measure(codec.reconstruction(at: index), ssim: false)
      return CosinePoint(
        bitsPerPixel: codec.bits(at: index) / pixels, psnr: quality.psnr,
        perceptualDistance: quality.perceptualDistance)
    }.reversed()
  }
}

extension CompressionExperiment {
  package var height: Int { original.shape[2] }
  package var width: Int { original.shape[3] }
  package var pixels: Double { Double(height * width) }

  /// The PCA with as many values as a model; nil for pixel space.
  package func component(for model: ComparedModel) -> Baseline? {
    components.first { $0.factor == model.factor && $0.latentShape[0] == model.channels }
  }

  /// The cosine codec with as many bits as a model; nil for pixel space.
  package func cosine(for model: ComparedModel) -> Baseline? {
    cosines.first { $0.name == "dct-at-\(model.name)" }
  }

  /// Those of one kind that came along, by f, pixel space first.
  package func family(_ regularization: LatentRegularization) -> [Reconstruction] {
    reconstructions.filter {
      $0.model.isShipped
        && ($0.model.regularization == regularization || !$0.model.isLatent)
    }
  }

  /// One line of `compression.csv`.
  package struct Row: Sendable {
    package let name: String
    package let regularization: String
    package let factor: Int
    /// Channels, height and width of the latent.
    package let latentShape: [Int]
    package let values: Int
    package let bitsPerPixel: Double
    package let quality: Quality
    package let encodeSeconds: Double
    package let decodeSeconds: Double
    package let peakMegabytes: Double
    /// How many values of the picture come to one of the latent.
    package let valueRatio: Double
  }

  /// Every model, then every baseline.
  package var rows: [Row] { reconstructions.map(row) + (components + cosines).map(row) }

  package func row(_ found: Reconstruction) -> Row {
    let shape = Array(found.latent.mean.shape.dropFirst())
    let values = shape.reduce(1, *)
    return Row(
      name: found.model.name, regularization: found.model.kind,
      factor: found.model.factor, latentShape: shape, values: values,
      bitsPerPixel: found.rate.bits / pixels, quality: found.quality,
      encodeSeconds: found.encodeSeconds, decodeSeconds: found.decodeSeconds,
      peakMegabytes: found.peakMegabytes,
      valueRatio: Double(original.count) / Double(max(values, 1)))
  }

  package func row(_ found: Baseline) -> Row {
    Row(
      name: found.name, regularization: found.kind.rawValue, factor: found.factor,
      latentShape: found.latentShape, values: found.values, bitsPerPixel: found.bits / pixels,
      quality: found.quality, encodeSeconds: found.encodeSeconds,
      decodeSeconds: found.decodeSeconds, peakMegabytes: found.peakMegabytes,
      valueRatio: Double(original.count) / Double(max(found.values, 1)))
  }
}

// MARK: - What the picture shows of all of them

extension CompressionExperiment {
  /// By how much PSNR rises, at worst, from one f to the next larger one of the same kind, in dB: not
  /// positive where a larger f always costs. Nil with fewer than two models of that kind.
  package func worstRise(_ regularization: LatentRegularization) -> Double? {
    let family = family(regularization)
    guard family.count(where: \.model.isLatent) > 1 else { return nil }
    return zip(family, family.dropFirst()).map { $1.quality.psnr - $0.quality.psnr }.max()
  }

  /// Where perceptual compression ends: the model of a family at the bend of its curve of perceptual
  /// distance against the logarithm of the rate. Before it, bits are saved at little cost; behind it,
  /// each bit saved costs more and more of what the picture shows.
  ///
  /// The bend is the point farthest below the chord between the ends (Satopaa et al., "Finding a
  /// 'Kneedle' in a haystack", ICDCS workshops 2011). Nil with fewer than three models.
  package func bend(_ regularization: LatentRegularization) -> Reconstruction? {
    let family = family(regularization).filter { $0.model.isLatent && $0.rate.bits > 0 }
    guard family.count > 2, let first = family.first, let last = family.last else { return nil }
    func x(_ found: Reconstruction) -> Double { -log(found.rate.bits) }
    let (width, height) = (
      x(last) - x(first), last.quality.perceptualDistance - first.quality.perceptualDistance
    )
    guard width > 0, height > 0 else { return nil }
    return family.max { below($0) < below($1) }
    func below(_ found: Reconstruction) -> Double {
      (x(found) - x(first)) / width
        - (found.quality.perceptualDistance - first.quality.perceptualDistance) / height
    }
  }
}
