import Diffusion
import Tensors

/// Where the denoising loop begins, with the random numbers drawn as diffusers draws them:
///
///     from a prompt alone:        noise
///     from a picture:             posterior of the picture, noise
///     with a mask, repainting:    posterior of the picture, noise, posterior of the masked picture
///     with a mask and a U-Net     (posterior of the picture,) noise, posterior of the masked picture;
///       that is shown it:         the first only when the strength is below 1
///     a picture that is changed:  noise; the picture's latent is its posterior's mean, not scaled
///
/// Source: diffusers `StableDiffusionPipeline`, `…Img2ImgPipeline`, `…InpaintPipeline`,
/// `…InstructPix2PixPipeline`. CompVis's
/// scripts differ in two details: a picture is noised one step further than where the loop begins
/// (`stochastic_encode` against `decode`), and pixel values are cut down to 8 bits, not rounded.
struct Beginning {
  /// z at the first noise level, scaled as the sampler's `space` says.
  let latent: Tensor
  /// What must be put back after each step.
  private(set) var knownRegion: KnownRegion?
  /// What the U-Net sees beside z_t: the mask and the latent of the masked picture, or the latent of
  /// the picture that is changed.
  private(set) var concatenated: Tensor?

  init(
    _ request: GenerationRequest, _ model: LatentDiffusionModel, sampler: any Sampler,
    firstIndex: Int, size: (height: Int, width: Int), generator: TorchGenerator
  ) {
    let (stage, f) = (model.firstStage, model.firstStage.downsamplingFactor)
    let shape = [1, stage.latentChannels, size.height / f, size.width / f]
    guard let image = request.initialImage else {
      latent = sampler.initialNoise(shape, generator: generator)
      return
    }
    guard !model.isForEditing else {
      latent = sampler.initialNoise(shape, generator: generator)
      concatenated = stage.distribution(image).mean
      return
    }
    guard let mask = request.mask?.map({ $0 < 0.5 ? 0 : 1 }) else {
      let original = stage.encode(image, generator: generator)
      latent = sampler.start(
        from: original, noise: generator.normal(shape), at: firstIndex)
      return
    }
    let original =
      !model.isForInpainting || firstIndex > 0
      ? stage.encode(image, generator: generator) : nil
    let noise = generator.normal(shape)
    if firstIndex > 0, let original {
      latent = sampler.start(from: original, noise: noise, at: firstIndex)
    } else {
      latent = noise * Float(sampler.initialNoiseScale)
    }
    let latentMask = MaskedPicture.shrunk(mask, by: f)
    if model.isForInpainting {
      let masked = stage.encode(MaskedPicture.hidden(image, by: mask), generator: generator)
      concatenated = .concatenated([latentMask, masked], along: 1)
    } else if let original {
      knownRegion = KnownRegion(original: original, noise: noise, mask: latentMask)
      // The latent of the masked picture is not needed, but diffusers draws the noise for it.
      if stage.regularization == .kl { _ = generator.normal(shape) }
    }
  }
}

/// What an inpainting U-Net is shown of a picture and its mask.
package enum MaskedPicture {
  /// Pictures with 0, medium grey, where the mask is 1.
  /// - Parameters:
  ///   - images: [B, 3, H, W]
  ///   - mask: [B, 1, H, W]
  package static func hidden(_ images: Tensor, by mask: Tensor) -> Tensor {
    let keep = mask.scaled(by: -1, plus: 1)
    return images * .concatenated([keep, keep, keep], along: 1)
  }

  /// Masks, [B, 1, H, W], at the latent's size: of each f × f pixels the upper left one, which is
  /// torch's nearest-neighbour interpolation.
  package static func shrunk(_ masks: Tensor, by f: Int) -> Tensor {
    let (count, height, width) = (masks.shape[0], masks.shape[2] / f, masks.shape[3] / f)
    return Tensor([count, 1, height, width]) { out in
      masks.withUnsafeElements { masks in
        for row in 0..<count * height {
          // Rows of all masks follow each other, f·height for each.
          for x in 0..<width { out[row * width + x] = masks[(row * f * width + x) * f] }
        }
      }
    }
  }
}

/// A predictor that sees the known region also where a sampler calls the model a second time within
/// one step (Heun, PLMS), as in diffusers, where each call is followed by putting it back.
struct RegionPredictor: NoisePredictor {
  let inner: UNetPredictor
  let region: KnownRegion
  let schedule: NoiseSchedule

  init(_ inner: UNetPredictor, region: KnownRegion, schedule: NoiseSchedule) {
    self.inner = inner
    self.region = region
    self.schedule = schedule
  }

  var predictionType: PredictionType { inner.predictionType }

  func predict(_ x: Tensor, at t: Double) -> Prediction {
    guard inner.calls > 0 else { return inner.predict(x, at: t) }
    return inner.predict(
      region.imposed(on: x, at: schedule.level(at: t), in: .variancePreserving), at: t)
  }
}
