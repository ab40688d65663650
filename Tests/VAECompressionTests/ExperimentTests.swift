import Diffusion
import Evaluation
import Foundation
import Imaging
import Networks
import Tensors
import Testing
import Training
import VAECompression

/// The two kinds of autoencoders, for tests over both.
enum LatentKinds { static let all = LatentRegularization.allCases }

@Suite("Measures of a reconstruction") struct PictureQualityTests {
  private let picture = Examples.picture(64, 48).asStored

  @Test("an equal picture is perfect by all of them")
  func equal() {
    let quality = PictureQuality(of: picture, network: Examples.network).measure(picture)
    #expect(quality.psnr == .infinity && quality.perceptualDistance == 0)
    #expect(abs((quality.ssim ?? 0) - 1) < 1e-6)
  }

  @Test("the perceptual distance is the loss that training uses")
  func perceptual() {
    let other = (picture + TorchGenerator(seed: 9).normal(picture.shape) * 0.1)
      .clamped(to: -1...1)
    let measured = PictureQuality(of: picture, network: Examples.network).measure(other)
    let loss = PerceptualLoss(Examples.network)(other.asStored, picture).value
    #expect(abs(measured.perceptualDistance - loss) < 1e-5 * loss && loss > 0)
  }

  @Test("a tiny picture has no SSIM")
  func tiny() {
    let tiny = Examples.picture(3, 5)
    #expect(PictureQuality(of: tiny, network: Examples.network).measure(tiny).ssim == nil)
  }
}

@Suite("Models and baselines on one picture") struct CompressionExperimentTests {
  private func experiment(_ height: Int, _ width: Int) throws -> CompressionExperiment {
    let picture = Examples.picture(height, width).asStored
    let models = try [
      .pixels, Examples.model(.kl, factor: 4), Examples.model(.vq, factor: 8),
    ]
    let lessons = PCALessons.pictures(count: 4)
    return CompressionExperiment(
      Workbench(
        original: picture, quality: PictureQuality(of: picture, network: Examples.network),
        generator: TorchGenerator(seed: 0)),
      models: models,
      analyses: [4, 8].map { BlockPCA(learningFrom: lessons, factor: $0, components: 4) })
  }

  @Test("any size goes through: padded, and cropped back", arguments: [(37, 53), (1, 1), (64, 64)])
  func sizes(height: Int, width: Int) throws {
    let found = try experiment(height, width)
    for reconstruction in found.reconstructions {
      #expect(reconstruction.image.height == height && reconstruction.image.width == width)
      let f = reconstruction.model.factor
      let shape = reconstruction.latent.mean.shape
      #expect(shape[2] == (height + f - 1) / f && shape[3] == (width + f - 1) / f)
    }
    #expect(found.reconstructions[0].quality.psnr == .infinity)
    #expect(
      found.components.map(\.values)
        == found.reconstructions.dropFirst().map {
          $0.latent.mean.count
        })
    for (model, cosine) in zip(found.reconstructions.dropFirst(), found.cosines) {
      #expect(cosine.bits <= model.rate.bits)
    }
    #expect(found.cosineError < 1e-5 && found.orthonormalityError < 1e-5)
  }

  @Test("codes decode to the same picture as the latents that they were chosen for")
  func codes() throws {
    let model = try Examples.model(.vq, factor: 4)
    let picture = Examples.picture(32, 24)
    let latent = model.encode(picture)
    let codes = model.codes(of: latent)
    #expect(codes.count == 8 * 6 && codes.allSatisfy { 0..<16 ~= $0 })
    let autoencoder = try #require(model.stage.autoencoder as? VQModel)
    let byCodes = autoencoder.decode(codes: codes, height: 8, width: 6)
    let byLatents = model.decode(latent.mean, height: 32, width: 24)
    #expect(byCodes.maxAbsDifference(from: byLatents) < 1e-5)
  }
}

@Suite("The scale of latents") struct LatentScaleTests {
  @Test("1/std brings the latents to variance 1, draws included")
  func scale() throws {
    let values = TorchGenerator(seed: 1).normal([8, 4, 8, 8]).scaled(by: 3, plus: 0.5)
    let logVariance = Tensor(values.shape, repeating: Float(log(1.44)))
    let model = try Examples.model(.kl, factor: 8)
    let latent = LatentDistribution(.concatenated([values, logVariance], along: 1), channels: 4)
    let scale = LatentScale(model, latent)
    #expect(scale.channels.count == 4 && scale.stated == 0.18215)
    let drawn = latent.sample(TorchGenerator(seed: 2)).scaled(by: Float(scale.scale))
    #expect(abs(drawn.moments.std - 1) < 0.03)
    #expect(abs(scale.std - (9 + 1.44).squareRoot()) < 0.1)
  }

  @Test("without it the signal-to-noise ratio is off by the variance")
  func ratios() throws {
    let schedule = NamedSchedule.scaledLinear.schedule(count: 1000)
    let model = try Examples.model(.kl, factor: 8)
    let picture = Examples.picture(32, 32)
    let scale = LatentScale(model, model.encode(picture))
    let noising = NoisingWithoutScale(
      picture, scales: [(model, scale)], schedule: schedule, generator: TorchGenerator(seed: 1))
    #expect(noising.snr(std: 1, at: 999) == schedule.level(at: 999).snr)
    #expect(abs(noising.snr(std: 5, at: 999) / noising.snr(std: 1, at: 999) - 25) < 1e-9)
    let crossings = [0.05, 1, 5].map { noising.crossing(std: $0) }
    #expect(crossings == crossings.sorted() && Set(crossings).count == 3)
    #expect(schedule.level(at: crossings[1]).snr < 1)
    #expect(noising.films[0].scaled.count == NoisingWithoutScale.timesteps.count)
    #expect(noising.films[0].scaled[4] != noising.films[0].unscaled[4])
  }
}

@Suite("Walks") struct WalkExperimentTests {
  private let a = Examples.picture(32, 24)
  private let b = Examples.picture(32, 24, seed: 12)

  @Test("through pixels they cross-fade: halfway both shine through")
  func pixels() throws {
    let walk = WalkExperiment(from: a, to: b, models: [.pixels])
    let images = walk.walks[0].images
    #expect(images.first == Image(a) && images.last == Image(b))
    #expect(images[3] == Image(Tensor.weightedSum(0.5, a, 0.5, b)))
    let edges = walk.walks[0].relativeEdges
    #expect(abs(edges[0] - 1) < 1e-6 && abs(edges[6] - 1) < 1e-6)
    // Independent pictures: ¼ + ¼ of the power of the edges instead of ½ + ½.
    #expect(edges[3] < 0.8)
  }

  @Test("through latents they begin and end at the reconstructions", arguments: LatentKinds.all)
  func latents(kind: LatentRegularization) throws {
    let model = try Examples.model(kind, factor: 4)
    let walk = WalkExperiment(from: a, to: b, models: [model])
    #expect(walk.endError < 1e-6)
    let end = model.decode(model.encode(b).mean, height: 32, width: 24)
    #expect(walk.walks[0].images.last == Image(end))
  }
}
