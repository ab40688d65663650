import Tensors

/// A CompVis checkpoint taken apart: a whole Stable Diffusion, or a first stage alone.
///
/// What trainers keep beside the weights is passed over by name: losses, schedule buffers, averages
/// that were not asked for. Any other tensor is refused.
struct CompVisCheckpoint {
  private(set) var unet: WeightSection
  private(set) var autoencoder: WeightSection
  private(set) var textEncoder: WeightSection
  private let source: any WeightSource

  private static let unetPrefix = "model.diffusion_model."
  private static let autoencoderPrefix = "first_stage_model."
  private static let textPrefix = "cond_stage_model.transformer."

  /// Whether the names are those of CompVis.
  static func recognizes(_ source: any WeightSource) -> Bool {
    source.names.contains {
      $0.hasPrefix(unetPrefix) || $0.hasPrefix("\(autoencoderPrefix)encoder.")
        || $0.hasPrefix("encoder.down.")
    }
  }

  init(_ source: any WeightSource, weights choice: ModelFiles.WeightChoice) throws {
    self.source = source
    (unet, autoencoder, textEncoder) = (
      WeightSection(source), WeightSection(source), WeightSection(source)
    )
    let isWhole = source.names.contains { $0.hasPrefix(Self.unetPrefix) }
    for name in source.names {
      if name.hasPrefix(Self.unetPrefix) {
        unet.insert(String(name.dropFirst(Self.unetPrefix.count)), from: name)
      } else if Self.isBesideTheWeights(name) {
        continue
      } else if name.hasPrefix(Self.autoencoderPrefix) {
        autoencoder.insert(String(name.dropFirst(Self.autoencoderPrefix.count)), from: name)
      } else if name.hasPrefix(Self.textPrefix) {
        textEncoder.insert(String(name.dropFirst(Self.textPrefix.count)), from: name)
      } else if !isWhole {
        autoencoder.insert(name, from: name)
      } else {
        throw CheckpointError.unexpectedTensor(
          file: source.origin, name: name, shape: source.info(name)?.shape ?? [])
      }
    }
    if choice == .movingAverage {
      if isWhole {
        unet = try averaged(unet) { "diffusion_model" + $0 }
      } else {
        autoencoder = try averaged(autoencoder) { $0 }
      }
    }
  }

  /// The section with its moving averages, which are kept under the module's own names without dots.
  private func averaged(
    _ section: WeightSection, path: (String) -> String
  ) throws -> WeightSection {
    guard source.names.contains(where: { $0.hasPrefix(Self.averagePrefix) }) else {
      throw CheckpointError.unsupported(
        file: source.origin, reason: "holds no moving averages of the weights (model_ema)")
    }
    var averages = WeightSection(source)
    for name in section.sourceNames.keys {
      let average = Self.averagePrefix + path(name).filter { $0 != "." }
      guard source.info(average) != nil else {
        throw CheckpointError.missingTensor(file: source.origin, name: average, expected: nil)
      }
      averages.insert(name, from: average)
    }
    return averages
  }

  private static let averagePrefix = "model_ema."

  private static func isBesideTheWeights(_ name: String) -> Bool {
    schedule.contains(name) || name.hasPrefix(averagePrefix) || name.hasPrefix("loss.")
      || name.hasPrefix("\(autoencoderPrefix)loss.") || name.hasSuffix("position_ids")
      || name.hasPrefix("\(autoencoderPrefix)\(averagePrefix)")
  }

  private static let schedule: Set = [
    "betas", "alphas_cumprod", "alphas_cumprod_prev", "sqrt_alphas_cumprod",
    "sqrt_one_minus_alphas_cumprod", "log_one_minus_alphas_cumprod", "sqrt_recip_alphas_cumprod",
    "sqrt_recipm1_alphas_cumprod", "posterior_variance", "posterior_log_variance_clipped",
    "posterior_mean_coef1", "posterior_mean_coef2", "lvlb_weights", "logvar", "scale_factor",
    "cond_ids", "ddim_sigmas", "ddim_alphas", "ddim_alphas_prev", "ddim_sqrt_one_minus_alphas",
    "ddim_sigmas_for_original_num_steps", "cond_stage_model.logit_scale",
    "cond_stage_model.text_projection",
  ]
}

// MARK: - What the schedule buffers tell

extension CompVisCheckpoint {
  /// The scheduler of Stable Diffusion v1, with the noise schedule that the checkpoint itself keeps.
  ///
  ///     β_t = (√β_0 + (√β_{T−1} − √β_0) · t/(T−1))²
  func scheduler() throws -> JSONValue {
    var (steps, first, last) = (1000, 0.00085, 0.012)
    if source.info("betas") != nil {
      let betas = try source.tensor(named: "betas").elements.map(Double.init)
      steps = betas.count
      guard let low = betas.first, let high = betas.last, steps > 1, low > 0, high < 1 else {
        throw notScaledLinear()
      }
      // The buffer is float32; nine decimals bring the configured numbers back.
      (first, last) = ((low * 1e9).rounded() / 1e9, (high * 1e9).rounded() / 1e9)
      for (step, beta) in betas.enumerated() {
        let fraction = Double(step) / Double(steps - 1)
        let root = first.squareRoot() + (last.squareRoot() - first.squareRoot()) * fraction
        guard abs(root * root - beta) <= 1e-6 * last else { throw notScaledLinear() }
      }
    }
    return .object([
      "_class_name": .string("PNDMScheduler"),
      "beta_end": .number(last),
      "beta_schedule": .string("scaled_linear"),
      "beta_start": .number(first),
      "clip_sample": .bool(false),
      "num_train_timesteps": .integer(steps),
      "prediction_type": .string("epsilon"),
      "set_alpha_to_one": .bool(false),
      "skip_prk_steps": .bool(true),
      "steps_offset": .integer(1),
      "timestep_spacing": .string("leading"),
      "trained_betas": .null,
    ])
  }

  private func notScaledLinear() -> CheckpointError {
    .unsupported(
      file: source.origin, reason: "its schedule (betas) is not that of Stable Diffusion v1")
  }

  /// What latents are multiplied by before the U-Net sees them: kept, or Stable Diffusion's.
  func scalingFactor() throws -> Double {
    guard source.info("scale_factor") != nil,
      let kept = try source.tensor(named: "scale_factor").elements.first
    else { return 0.18215 }
    guard kept.isFinite, kept > 0 else {
      throw CheckpointError.damaged(
        file: source.origin, part: "tensor \"scale_factor\"", reason: "is not a positive number")
    }
    return Double(kept)
  }
}
