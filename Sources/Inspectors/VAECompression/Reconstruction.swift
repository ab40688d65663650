import Evaluation
import Foundation
import Imaging
import Networks
import Tensors

/// What one model made of the picture, and what that took.
package struct Reconstruction: Sendable {
  package let model: ComparedModel
  package let latent: LatentDistribution
  /// The nearest codes, row by row; none without a codebook.
  package let codes: [Int]
  package let rate: Rate
  /// x̂ as its PNG holds it.
  package let image: Image
  package let quality: Quality
  /// PSNR of a picture decoded from a draw from the posterior, which is what the rate of a KL model
  /// pays for, rather than from its mean; that of the picture for the others.
  package let psnrOfSample: Double
  /// The bits of a KL model's mean when it is quantised as coarsely as costs no more than 0.1 dB: what a
  /// file would take; nil for the others.
  package let quantizedBits: Double?
  package let spectrum: SpectralLoss
  package let encodeSeconds: Double
  package let decodeSeconds: Double
  /// What tensors held at once at their worst, beyond the weights, in 10⁶ bytes.
  package let peakMegabytes: Double
  package let tiling: Tiling
}

/// A model-free way to the same number of values, or of bits.
package struct Baseline: Sendable {
  package enum Kind: String, Sendable {
    case pca, dct
  }

  package let name: String
  package let kind: Kind
  package let factor: Int
  package let latentShape: [Int]
  package let values: Int
  package let bits: Double
  package let image: Image
  package let quality: Quality
  package let spectrum: SpectralLoss
  package let encodeSeconds: Double
  package let decodeSeconds: Double
  package let peakMegabytes: Double
}

/// Reconstructs one picture with models and baselines, and measures what comes out.
package struct Workbench {
  package let original: Tensor
  let quality: PictureQuality
  private let spectrum: PowerSpectrum
  private let generator: TorchGenerator
  private let tile: Int?

  /// - Parameters:
  ///   - original: x, [1, 3, H, W] in [−1, 1].
  ///   - tile: the side of tiles that a person asks for.
  package init(
    original: Tensor, quality: PictureQuality, generator: TorchGenerator, tile: Int? = nil
  ) {
    (self.original, self.quality) = (original, quality)
    (self.generator, self.tile) = (generator, tile)
    spectrum = SpectralLoss.spectrum(of: original)
  }

  private var height: Int { original.shape[2] }
  private var width: Int { original.shape[3] }

  package func tiling(for model: ComparedModel) -> Tiling {
    Tiling.plan(for: model.stage, height: height, width: width, asked: tile)
  }

  // MARK: Models

  package func reconstruct(with model: ComparedModel) -> Reconstruction {
    let tiling = tiling(for: model)
    warmUp(model)
    let (timed, bytes) = BufferPool.shared.measuring {
      let encoded = Self.timed { model.encode(original, tiling: tiling) }
      let decoded = Self.timed { decode(encoded.result.mean, model, tiling) }
      return (encoded, decoded)
    }
    let (encoded, decoded) = timed
    let image = Image(decoded.result)
    // In pixel space nothing is rounded either: the picture may have more than 8 bits.
    let picture = model.isLatent ? image.tensor : original
    let quality = quality.measure(picture)
    let codes = model.codes(of: encoded.result)
    return Reconstruction(
      model: model, latent: encoded.result, codes: codes,
      rate: rate(model, encoded.result, codes), image: image, quality: quality,
      psnrOfSample: psnrOfSample(model, encoded.result, tiling) ?? quality.psnr,
      quantizedBits: model.isQuantized || !model.isLatent
        ? nil : quantizedBits(model, encoded.result.mean),
      spectrum: SpectralLoss(spectrum, original: original, reconstruction: picture),
      encodeSeconds: encoded.seconds, decodeSeconds: decoded.seconds,
      peakMegabytes: Double(bytes) / 1e6, tiling: tiling)
  }

  private func decode(_ latents: Tensor, _ model: ComparedModel, _ tiling: Tiling) -> Tensor {
    model.decode(latents, height: height, width: width, tiling: tiling)
  }

  /// The first pass reads the weights from disk: that is not counted.
  private func warmUp(_ model: ComparedModel) {
    guard model.isLatent else { return }
    let small = Tensor.zeros([1, 3, model.factor, model.factor])
    _ = model.decode(model.encode(small).mean, height: model.factor, width: model.factor)
  }

  private func rate(_ model: ComparedModel, _ latent: LatentDistribution, _ codes: [Int]) -> Rate {
    if let posterior = latent.posterior { return Rate(of: posterior) }
    if let size = model.codebookSize { return Rate(codes: codes, of: size) }
    // A tiny autoencoder keeps nothing in order: single precision, as they are.
    guard !model.isLatent else {
      let bits = 32 * Double(latent.mean.count)
      return Rate(bits: bits, upperBound: bits)
    }
    // Three bytes a pixel, as a file without compression has them.
    return Rate(bits: 8 * Double(original.count), upperBound: 8 * Double(original.count))
  }

  private func psnrOfSample(
    _ model: ComparedModel, _ latent: LatentDistribution, _ tiling: Tiling
  ) -> Double? {
    guard latent.posterior != nil else { return nil }
    let sample = latent.sample(generator.copy())
    return ImageMetrics.psnr(quality.original, decode(sample, model, tiling).asStored)
  }

  /// Pixels on each side of the part of a large picture on which steps of a quantiser are tried.
  private static let trialSide = 256

  /// One step serves all values. It is found on the middle of the picture; the entropy is that of each
  /// channel of the whole latent.
  private func quantizedBits(_ model: ComparedModel, _ mean: Tensor) -> Double {
    let f = model.factor
    let side = Self.trialSide / f
    let (h, w) = (min(mean.shape[2], side), min(mean.shape[3], side))
    let (top, left) = ((mean.shape[2] - h) / 2, (mean.shape[3] - w) / 2)
    let part = mean.cropped(rows: top..<top + h, columns: left..<left + w)
    let rows = top * f..<min((top + h) * f, height)
    let columns = left * f..<min((left + w) * f, width)
    let (target, weights) = (original.cropped(rows: rows, columns: columns), WeightMemory())
    func error(_ latents: Tensor) -> Double {
      let picture = model.decode(
        latents, height: rows.count, width: columns.count, keeping: weights)
      return target.meanSquaredError(from: picture.clamped(to: -1...1))
    }
    let least = error(part)
    let tooCoarse = QuantizerGrid.finest(exceeding: least * (pow(10, 0.01) - 1)) {
      error(part.quantized(at: $0)) - least
    }
    let step = max(tooCoarse - 1, QuantizerGrid.indices.lowerBound)
    return (0..<mean.shape[1]).reduce(0) { sum, channel in
      sum + Entropy.bits(of: mean.slice(channel..<channel + 1, along: 1).levels(at: step))
    }
  }

  // MARK: Baselines

  package func reconstruct(with pca: BlockPCA) -> Baseline {
    let (timed, bytes) = BufferPool.shared.measuring {
      let encoded = Self.timed { pca.encode(original) }
      let decoded = Self.timed {
        pca.decode(encoded.result, batch: 1, height: height, width: width)
      }
      return (encoded, decoded)
    }
    let (encoded, decoded) = timed
    let error = decoded.result.meanSquaredError(from: original) * Double(original.count)
    let f = pca.factor
    let shape = [pca.count, (height + f - 1) / f, (width + f - 1) / f]
    return baseline(
      "pca-f\(f)-c\(pca.count)", .pca, factor: f, shape, values: shape.reduce(1, *),
      bits: pca.bits(of: encoded.result, squaredError: error), Image(decoded.result),
      (encoded.seconds, decoded.seconds, bytes))
  }

  /// The cosine codec with no more bits than a model takes: to encode is to transform, and to look for
  /// the step.
  package func reconstruct(cosinesMatching reconstruction: Reconstruction) -> Baseline {
    let (timed, bytes) = BufferPool.shared.measuring {
      let encoded = Self.timed {
        let codec = CosineCodec(original)
        return (codec: codec, step: codec.step(within: reconstruction.rate.bits))
      }
      let decoded = Self.timed { encoded.result.codec.reconstruction(at: encoded.result.step) }
      return (encoded, decoded)
    }
    let (encoded, decoded) = timed
    let (codec, step) = encoded.result
    let block = CosineCodec.block
    return baseline(
      "dct-at-\(reconstruction.model.name)", .dct, factor: block,
      [3 * block * block, (height + block - 1) / block, (width + block - 1) / block],
      values: codec.valuesKept(at: step), bits: codec.bits(at: step),
      Image(decoded.result), (encoded.seconds, decoded.seconds, bytes))
  }

  private func baseline(
    _ name: String, _ kind: Baseline.Kind, factor: Int, _ shape: [Int], values: Int, bits: Double,
    _ image: Image, _ cost: (encode: Double, decode: Double, bytes: Int)
  ) -> Baseline {
    let picture = image.tensor
    return Baseline(
      name: name, kind: kind, factor: factor, latentShape: shape, values: values, bits: bits,
      image: image, quality: quality.measure(picture),
      spectrum: SpectralLoss(spectrum, original: original, reconstruction: picture),
      encodeSeconds: cost.encode, decodeSeconds: cost.decode,
      peakMegabytes: Double(cost.bytes) / 1e6)
  }

  private static func timed<Result>(
    _ body: () -> Result
  ) -> (result: Result, seconds: Double) {
    let start = ContinuousClock.now
    let result = body()
    return (result, (ContinuousClock.now - start) / .seconds(1))
  }
}
