import Diagnostics
import JSON
import Tensors

/// A CompVis checkpoint taken apart: a whole Stable Diffusion, or a first stage alone.
///
/// What trainers keep beside the weights is passed over by name: losses, schedule buffers, averages
/// that were not asked for. Other tensors outside the three networks are passed over with a notice;
/// one within a network that has no place there is refused.
struct CompVisCheckpoint {
  private(set) var unet: WeightSection
  private(set) var autoencoder: WeightSection
  private(set) var textEncoder: WeightSection
  private let source: any WeightSource
  /// Tensors that belong to none of the networks.
  private(set) var passedOver: [String] = []

  private static let unetPrefix = "model.diffusion_model."
  private static let autoencoderPrefix = "first_stage_model."
  private static let textPrefix = "cond_stage_model.transformer."
  /// Whether the text encoder is OpenCLIP's, as in Stable Diffusion 2.
  var hasOpenCLIP: Bool { textEncoder.contains(OpenCLIPText.tokens) }

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
      } else if let prefix = [Self.textPrefix, OpenCLIPText.prefix].first(where: name.hasPrefix) {
        textEncoder.insert(String(name.dropFirst(prefix.count)), from: name)
      } else if !isWhole, Self.firstStageRoots.contains(where: name.hasPrefix) {
        autoencoder.insert(name, from: name)
      } else if !Self.markers.contains(name) {
        passedOver.append(name)
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

  /// Says which tensors were passed over, by the first parts of their names.
  func tellPassedOver() {
    guard !passedOver.isEmpty else { return }
    let groups = Dictionary(grouping: passedOver) { name in
      let parts = name.split(separator: ".")
      return parts.prefix(parts.first == "cond_stage_model" ? 2 : 1).joined(separator: ".")
    }
    let list = groups.sorted { $0.key < $1.key }.prefix(4).map { group, names in
      names.count == 1 ? names[0].quoted : "\(group.quoted) (\(names.count) tensors)"
    }
    Notices.tell(
      "\(source.origin): not needed and passed over: \(list.joined(separator: ", "))"
        + (groups.count > 4 ? " and others" : ""))
  }

  private static let averagePrefix = "model_ema."

  /// How the tensors of a first stage by itself begin.
  private static let firstStageRoots = [
    "encoder.", "decoder.", "quant_conv.", "post_quant_conv.", "quantize.",
  ]

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
    "ddim_sigmas_for_original_num_steps",
  ]

  /// Tensors that say by being there how the U-Net was trained.
  private static let markers: Set = [velocityMarker, zeroSNRMarker]
  private static let velocityMarker = "v_pred"
  private static let zeroSNRMarker = "ztsnr"
}

// MARK: - What the schedule buffers and markers tell

extension CompVisCheckpoint {
  /// The scheduler of Stable Diffusion v1, with the noise schedule that the checkpoint itself keeps.
  ///
  ///     β_t = (√β_0 + (√β_{T−1} − √β_0) · t/(T−1))²
  ///
  /// A tensor `v_pred` says that the U-Net predicts velocities, `ztsnr` that it was trained down to a
  /// signal of nothing (arXiv:2305.08891): then the walk begins at the last timestep. Stable Diffusion
  /// 2 predicts velocities and walks with DDIM, as diffusers takes any file of it but one for
  /// inpainting.
  func scheduler() throws -> JSONValue {
    let (steps, first, last) = try noiseSchedule()
    let isSecond = try hasOpenCLIP && !isForInpainting()
    let predictsVelocity = isSecond || source.info(Self.velocityMarker) != nil
    let endsInNoise = source.info(Self.zeroSNRMarker) != nil
    tellMarkers(endsInNoise)
    if isSecond { tellWhichSecond() }
    var settings: [String: JSONValue] = [
      // PNDM knows no zero terminal SNR.
      "_class_name": .string(endsInNoise || isSecond ? "DDIMScheduler" : "PNDMScheduler"),
      "beta_end": .number(last),
      "beta_schedule": .string("scaled_linear"),
      "beta_start": .number(first),
      "clip_sample": .bool(false),
      "num_train_timesteps": .integer(steps),
      "prediction_type": .string(predictsVelocity ? "v_prediction" : "epsilon"),
      "set_alpha_to_one": .bool(false),
      "steps_offset": .integer(1),
      "timestep_spacing": .string(endsInNoise ? "trailing" : "leading"),
      "trained_betas": .null,
    ]
    if endsInNoise {
      settings["rescale_betas_zero_snr"] = .bool(true)
    } else if !isSecond {
      settings["skip_prk_steps"] = .bool(true)
    }
    return .object(settings)
  }

  /// Whether the U-Net is shown more than a latent.
  private func isForInpainting() throws -> Bool {
    try unet.shape("input_blocks.0.0.weight", rank: 4)[1] != unet.shape("out.2.weight", rank: 4)[0]
  }

  /// Height and width of the latents that the U-Net was trained on: nothing in the file says them.
  func sampleSize() throws -> Int { try hasOpenCLIP && !isForInpainting() ? 96 : 64 }

  private func tellWhichSecond() {
    guard source.info(Self.velocityMarker) == nil else { return }
    Notices.tell(
      "\(source.origin): taken for the Stable Diffusion 2 of 768 pixels, which predicts velocities, as "
        + "diffusers takes every file of it; a base model (512 pixels, which predicts noise) opens "
        + "as a diffusers folder")
  }

  private func tellMarkers(_ endsInNoise: Bool) {
    let found = [
      source.info(Self.velocityMarker) != nil
        ? "\(Self.velocityMarker): the U-Net predicts velocities" : nil,
      endsInNoise ? "\(Self.zeroSNRMarker): the schedule ends with a signal of nothing" : nil,
    ].compactMap { $0 }
    guard !found.isEmpty else { return }
    Notices.tell("\(source.origin): obeyed: \(found.joined(separator: "; "))")
  }

  /// The number of steps, β_0 and β_{T−1}. The buffer is rounded as the weights are, so Stable
  /// Diffusion's own numbers are tried before those in the buffer; a buffer of another form is passed
  /// over with a notice, as diffusers passes over any.
  private func noiseSchedule() throws -> (steps: Int, first: Double, last: Double) {
    let standard = (first: 0.00085, last: 0.012)
    guard let info = source.info("betas"), info.shape.count == 1,
      2...Self.mostSteps ~= info.shape[0]
    else {
      if source.info("betas") != nil { tellOtherSchedule() }
      return (1000, standard.first, standard.last)
    }
    let betas = try source.tensor(named: "betas").elements.map(Double.init)
    let precision =
      switch info.elementType {
      case .float16: 0x1p-10
      case .bfloat16: 0x1p-7
      default: 1e-6
      }
    func agrees(_ first: Double, _ last: Double) -> Bool {
      guard first > 0, last < 1 else { return false }
      return betas.enumerated().allSatisfy { step, beta in
        let fraction = Double(step) / Double(betas.count - 1)
        let root = first.squareRoot() + (last.squareRoot() - first.squareRoot()) * fraction
        return abs(root * root - beta) <= precision * max(first, last)
      }
    }
    // Eight decimals bring back configured numbers that were rounded to float32.
    let kept = [betas.first, betas.last].compactMap { $0 }.map { ($0 * 1e8).rounded() / 1e8 }
    guard betas.count > 1,
      let end = [(standard.first, standard.last), (kept[0], kept[1])]
        .first(where: { agrees($0.0, $0.1) })
    else {
      tellOtherSchedule()
      return (1000, standard.first, standard.last)
    }
    if end != standard {
      Notices.tell(
        "\(source.origin): its own schedule is taken (betas from \(end.0) to \(end.1)), where "
          + "diffusers takes Stable Diffusion's")
    }
    return (betas.count, end.0, end.1)
  }

  /// More steps than any schedule has.
  private static let mostSteps = 100_000

  private func tellOtherSchedule() {
    Notices.tell(
      "\(source.origin): betas of another kind of schedule are passed over; Stable Diffusion's is "
        + "taken, as in diffusers")
  }

  /// What latents are multiplied by before the U-Net sees them, where the checkpoint keeps it.
  func scalingFactor() throws -> Double? {
    guard source.info("scale_factor") != nil,
      let kept = try source.tensor(named: "scale_factor").elements.first
    else { return nil }
    guard kept.isFinite, kept > 0 else {
      throw CheckpointError.damaged(
        file: source.origin, part: "tensor \"scale_factor\"", reason: "is not a positive number")
    }
    return Double(kept)
  }
}
