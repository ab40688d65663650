import JSON

/// What a model folder's `scheduler_config.json` says: the noise schedule that the model was trained
/// with, what it predicts, and how a sampler is to walk.
///
/// Any sampler can be made from any configuration, as with `from_config` in diffusers: what the file
/// leaves out has the default of that sampler's class there. A value that a sampler cannot honour is
/// refused by name when that sampler is asked for.
public struct SchedulerConfiguration: Sendable {
  /// The schedule that the model was trained with.
  public let schedule: NoiseSchedule
  /// What the model predicts.
  public let predictionType: PredictionType
  /// The sampler that the configuration names; nil where its class has none here.
  public let samplerName: SamplerName?
  /// The name of the class in diffusers.
  public let className: String
  /// The schedule as the file's betas give it: zero terminal SNR is not laid on it.
  private let plainSchedule: NoiseSchedule
  var file: JSONNode
  /// Whether the settings are those of a pipeline that draws latents.
  private let isForLatents: Bool

  /// Reads the values of a `scheduler_config.json`.
  /// - Parameters:
  ///   - file: as read from the file.
  ///   - isForLatents: whether they are read as diffusers' Stable Diffusion pipelines read them,
  ///     whatever the file says: latents have no bounds to clip x̂_0 to, and timesteps are moved up
  ///     by one. A sampler of another class than the file's keeps its class's offset, 0, where the
  ///     file states none (diffusers 0.42.1: `StableDiffusionPipeline.__init__`, then
  ///     `from_config`).
  /// - Throws: `JSONError.unexpected`, which names the key and what was found.
  public init(_ file: JSONNode, isForLatents: Bool = false) throws {
    self.isForLatents = isForLatents
    className = try file["_class_name"].string()
    self.file = file
    samplerName = try Self.samplerName(of: className, file)
    plainSchedule = try Self.trainedSchedule(file) ?? Self.namedSchedule(file, className: className)
    let rescales = try file.find("rescale_betas_zero_snr")?.bool() ?? false
    schedule = rescales ? plainSchedule.rescaledToZeroTerminalSNR() : plainSchedule
    let types = PredictionType.allCases.map(\.rawValue)
    predictionType =
      try file.find("prediction_type").flatMap {
        PredictionType(rawValue: try $0.string(oneOf: types))
      } ?? .noise
  }
}

// MARK: - The sampler that a file names

extension SchedulerConfiguration {
  /// The sampler of a class; where several are of one class, the file's order and kind say which.
  private static func samplerName(of className: String, _ file: JSONNode) throws -> SamplerName? {
    let order = try file.find("solver_order")?.value
    switch className {
    case SamplerName.pndm.schedulerClass: return .pndm
    case SamplerName.dpmSolver.schedulerClass:
      if try file.find("algorithm_type")?.value == .string("sde-dpmsolver++") {
        return .dpmSolverSDE
      }
      return order == .integer(3) ? .dpmSolver3M : .dpmSolver
    case SamplerName.dpmSolver2S.schedulerClass:
      return order == .integer(3) ? .dpmSolver3S : .dpmSolver2S
    default: return SamplerName.allCases.first { $0.schedulerClass == className }
    }
  }
}

// MARK: - The schedule

extension SchedulerConfiguration {
  /// The schedule that a sampler walks: the one that the model was trained with, but for the classes
  /// of diffusers that do not know zero terminal SNR and drop it.
  public func schedule(for name: SamplerName) -> NoiseSchedule {
    name.knowsZeroTerminalSNR ? schedule : plainSchedule
  }

  /// Whether that sampler leaves out a zero terminal SNR that the model was trained with.
  public func dropsZeroTerminalSNR(_ name: SamplerName) -> Bool {
    schedule(for: name) != schedule
  }

  private static func trainedSchedule(_ file: JSONNode) throws -> NoiseSchedule? {
    guard let node = try file.find("trained_betas") else { return nil }
    let betas = try node.numbers()
    guard let last = betas.last, last > 0, last <= 1,
      betas.dropLast().allSatisfy({ $0 > 0 && $0 < 1 })
    else { throw node.failure(expected: "numbers above 0 and below 1") }
    return NoiseSchedule(betas: betas)
  }

  private static func namedSchedule(_ file: JSONNode, className: String) throws -> NoiseSchedule {
    let count = try file.find("num_train_timesteps")?.integer(in: 1...1_000_000) ?? 1000
    // These alone have Stable Diffusion's ends for defaults, and the last two its shape as well.
    let distilled = [SamplerName.lcm, .tcd].map(\.schedulerClass)
    let stable = [SamplerName.heun, .kdpm2, .kdpm2Ancestral].map(\.schedulerClass) + distilled
    let ends = stable.contains(className) ? (0.00085, 0.012) : (1e-4, 0.02)
    let names = ["linear", "scaled_linear", "sigmoid", "squaredcos_cap_v2"]
    let shape =
      try file.find("beta_schedule")?.string(oneOf: names)
      ?? (distilled.contains(className) ? "scaled_linear" : "linear")
    if shape == "squaredcos_cap_v2" { return .cosine(count: count) }
    let (start, end) = try (beta(file, "beta_start") ?? ends.0, beta(file, "beta_end") ?? ends.1)
    switch shape {
    case "scaled_linear": return .scaledLinear(from: start, to: end, count: count)
    case "sigmoid": return .sigmoid(from: start, to: end, count: count)
    default: return .linear(from: start, to: end, count: count)
    }
  }

  private static func beta(_ file: JSONNode, _ key: String) throws -> Double? {
    guard let node = try file.find(key) else { return nil }
    let beta = try node.number()
    guard beta > 0, beta < 1 else { throw node.failure(expected: "a number between 0 and 1") }
    return beta
  }
}

// MARK: - What a walk is to do

extension SchedulerConfiguration {
  /// Whether PNDM begins with a multistep method of low order instead of Runge–Kutta steps. A file of
  /// another class does not say; Stable Diffusion's own always does.
  var skipsRungeKutta: Bool {
    get throws { try flag("skip_prk_steps", className != SamplerName.pndm.schedulerClass) }
  }

  /// Whether diffusers' `PNDMScheduler.from_config` would begin with Runge–Kutta steps where the
  /// sampler here does not: the file says nothing.
  public var leavesOutRungeKutta: Bool {
    className != SamplerName.pndm.schedulerClass && !states("skip_prk_steps")
  }

  /// Whether diffusers' `from_config` would make that sampler hold x̂_0 of latents to −1…1: the file, of
  /// another class, says nothing, and the pipeline has no word in it any more.
  public func leavesOutClipping(_ name: SamplerName) -> Bool {
    isForLatents && [.ddpm, .ddim].contains(name) && name.schedulerClass != className
      && !states("clip_sample")
  }

  private func states(_ key: String) -> Bool {
    guard case .object(let settings) = file.value else { return false }
    return settings[key] != nil
  }

  func flag(_ key: String, _ byDefault: Bool) throws -> Bool {
    try file.find(key)?.bool() ?? byDefault
  }

  var spacing: TimestepSpacing? {
    get throws {
      let names = TimestepSpacing.allCases.map(\.rawValue)
      return try file.find("timestep_spacing").flatMap {
        TimestepSpacing(rawValue: try $0.string(oneOf: names))
      }
    }
  }

  /// - Throws: where a file asks for two at once, which diffusers refuses as well.
  var sigmas: SigmaSpacing {
    get throws {
      let asked = try SigmaSpacing.allCases.filter {
        try $0.key.map { try flag($0, false) } ?? false
      }
      if let key = asked.dropFirst().first?.key {
        throw try file[key].failure(expected: "one way to spread σ, not two")
      }
      return asked.first ?? .timesteps
    }
  }

  /// Also for samplers whose class has no such settings: diffusers' `from_config` hands them on, and all
  /// but LMS read them.
  var sigmaRange: SigmaRange {
    get throws {
      guard try sigmas != .timesteps else { return SigmaRange() }
      return try SigmaRange(lowest: sigma("sigma_min"), highest: sigma("sigma_max"))
    }
  }

  private func sigma(_ key: String) throws -> Double? {
    guard let node = try file.find(key) else { return nil }
    let sigma = try node.number()
    guard sigma > 0, sigma.isFinite else { throw node.failure(expected: "a number above 0") }
    return sigma
  }

  /// What timesteps of `leading` are moved up by.
  package func offset(for name: SamplerName) throws -> Int {
    if isForLatents { return name.schedulerClass == className || states("steps_offset") ? 1 : 0 }
    return try file.find("steps_offset")?.integer(in: 0...schedule.count) ?? 0
  }

  func clipRange(byDefault clips: Bool) throws -> ClosedRange<Float>? {
    guard !isForLatents, try flag("clip_sample", clips) else { return nil }
    guard let node = try file.find("clip_sample_range") else { return -1...1 }
    let range = Float(try node.number())
    guard range > 0 else { throw node.failure(expected: "a number above 0") }
    return -range...range
  }

  var variance: FixedVariance {
    get throws {
      try file.find("variance_type")?.string() == "fixed_large" ? .large : .small
    }
  }

  var endsAtZero: Bool {
    get throws {
      try file.find("final_sigmas_type")?.string(oneOf: ["zero", "sigma_min"]) != "sigma_min"
    }
  }

  /// 1 to 3: one that a sampler does not know is refused before.
  var order: Int {
    get throws { try file.find("solver_order")?.integer(in: 1...3) ?? 2 }
  }

  var minimumLambda: Double {
    get throws {
      guard let node = try file.find("lambda_min_clipped"), node.value != .number(-.infinity)
      else { return -.infinity }
      return try node.number()
    }
  }
}
