// The samplers as a configuration wants them to walk.

import JSON

extension SchedulerConfiguration {
  /// The sampler of that name, as the configuration wants it to walk.
  /// - Parameters:
  ///   - name: nil for the sampler that the configuration names.
  ///   - steps: how many timesteps are visited.
  ///   - settings: what is to differ from the configuration.
  /// - Throws: `SamplerError` when the steps do not fit into the schedule or a setting does nothing to
  ///   this sampler, or `JSONError.unexpected` for a value that it cannot honour.
  public func sampler(
    _ name: SamplerName? = nil, steps: Int, settings: WalkSettings = WalkSettings()
  ) throws -> any Sampler {
    let name = try samplerName(given: name)
    var wanted = self
    wanted.file = settings.laid(over: file)
    try settings.check(for: name, sigmas: wanted.sigmas)
    try wanted.refuseUnsupported(by: name)
    let walk = try Walk(
      schedule: schedule(for: name), steps: steps,
      spacing: wanted.spacing ?? name.defaultSpacing, offset: wanted.offset(for: name),
      sigmas: name.spreadsSigmas ? wanted.sigmas : .timesteps,
      range: name.spreadsSigmas ? wanted.sigmaRange : SigmaRange())
    return try wanted.sampler(name, walk, eta: settings.eta ?? 0)
  }

  /// The sampler that walks.
  /// - Parameter name: what is asked for; nil for the sampler that the configuration names.
  /// - Throws: `SamplerError.unknownClass` where that has no name here.
  package func samplerName(given name: SamplerName?) throws -> SamplerName {
    guard let name = name ?? samplerName else {
      throw SamplerError.unknownClass(className, file: file.file)
    }
    return name
  }

  /// The same model for walks that are compared: all begin at the last timestep, T − 1, and what else the
  /// file says of them has no effect. The offset of other timesteps that are asked for stays, and how many
  /// timesteps a distilled network knows.
  /// - Parameter endsClean: whether a walk goes on to the clean image where its sampler can, or stops at the
  ///   noise of timestep 0, where solvers of λ keep their order to the last step.
  package func overTrailingTimesteps(endsClean: Bool) -> SchedulerConfiguration {
    var settings: [String: JSONValue] = [
      "timestep_spacing": .string(TimestepSpacing.trailing.rawValue), "clip_sample": .bool(false),
      "skip_prk_steps": .bool(true), "set_alpha_to_one": .bool(endsClean),
      "final_sigmas_type": .string(endsClean ? "zero" : "sigma_min"),
    ]
    if !endsClean { settings["lower_order_final"] = .bool(false) }
    if case .object(let own) = file.value {
      for key in ["steps_offset", "original_inference_steps"] { settings[key] = own[key] }
    }
    var plain = self
    plain.file = JSONNode(.object(settings), file: file.file, path: file.path)
    return plain
  }

  /// What a walk of that sampler does; nil for what says nothing of it.
  /// - Parameters:
  ///   - name: of the sampler.
  ///   - given: what is asked for otherwise than the configuration says.
  /// - Throws: `JSONError.unexpected` for a value that means nothing.
  public func settings(
    of name: SamplerName, given: WalkSettings = WalkSettings()
  ) throws -> WalkSettings {
    let sigmas = name.spreadsSigmas ? try given.sigmas ?? sigmas : nil
    let takesSpacing = name.takesSpacing(with: sigmas ?? .timesteps)
    return try WalkSettings(
      sigmas: sigmas,
      spacing: takesSpacing ? given.spacing ?? spacing ?? name.defaultSpacing : nil,
      eta: name.takesEta ? given.eta ?? 0 : nil)
  }

  /// Which of the settings would do nothing to a sampler of this model, by their names.
  /// - Parameters:
  ///   - given: what is asked for otherwise than the configuration says.
  ///   - name: of the sampler.
  /// - Throws: `JSONError.unexpected` for a value that means nothing.
  public func withoutEffect(_ given: WalkSettings, on name: SamplerName) throws -> [String] {
    given.withoutEffect(on: name, sigmas: try sigmas)
  }

  /// Where a walk stops.
  private struct Walk {
    let schedule: NoiseSchedule
    let steps: Int
    let spacing: TimestepSpacing
    let offset: Int
    let sigmas: SigmaSpacing
    let range: SigmaRange
  }

  private func sampler(
    _ name: SamplerName, _ walk: Walk, eta: Double
  ) throws -> any Sampler {
    switch name {
    case .ddpm: try checked(ddpm(walk), walk.spacing)
    case .ddim: try checked(ddim(walk, eta: eta), walk.spacing)
    case .lcm: try checked(lcm(walk), .trailing)
    case .tcd:
      try checked(
        TCDSampler(
          walk.schedule, steps: walk.steps, originalSteps: originalSteps, gamma: eta), .trailing)
    case .plms, .pndm: try linearMultistep(walk, asDiffusers: name == .pndm)
    case .euler, .eulerAncestral, .heun, .kdpm2, .kdpm2Ancestral, .lms:
      try alongSigma(name, walk)
    case .dpmSolver: try multistep(walk, order: order)
    case .dpmSolver3M: try multistep(walk, order: 3)
    case .dpmSolver2S: try singlestep(walk, order: min(order, 2))
    case .dpmSolver3S: try singlestep(walk, order: 3)
    case .dpmSolverSDE: try stochastic(walk)
    case .unipc:
      try UniPCSampler(
        walk.schedule, steps: walk.steps, spacing: walk.spacing, offset: walk.offset,
        sigmas: walk.sigmas, range: walk.range, order: order, endsClean: endsAtZero,
        lowerOrderFinal: flag("lower_order_final", true))
    case .deis:
      try DEISSampler(
        walk.schedule, steps: walk.steps, spacing: walk.spacing, offset: walk.offset,
        sigmas: walk.sigmas, range: walk.range, order: order,
        lowerOrderFinal: flag("lower_order_final", true))
    }
  }

  /// At ᾱ = 0 a predicted noise does not say where the image is.
  private func checked(_ sampler: any Sampler, _ spacing: TimestepSpacing) throws -> any Sampler {
    guard predictionType != .noise || sampler.plan.first?.from.alphaCumprod != 0 else {
      throw SamplerError.noSignal(spacing: spacing)
    }
    return sampler
  }
}

// MARK: - Over whole timesteps

extension SchedulerConfiguration {
  private func ddpm(_ walk: Walk) throws -> DDPMSampler {
    try DDPMSampler(
      walk.schedule, steps: walk.steps, spacing: walk.spacing, offset: walk.offset,
      variance: variance, clipRange: clipRange(byDefault: true))
  }

  private func ddim(_ walk: Walk, eta: Double) throws -> DDIMSampler {
    try DDIMSampler(
      walk.schedule, steps: walk.steps, spacing: walk.spacing, offset: walk.offset, eta: eta,
      endsClean: flag("set_alpha_to_one", true), clipRange: clipRange(byDefault: true))
  }

  private func linearMultistep(_ walk: Walk, asDiffusers: Bool) throws -> any Sampler {
    let endsClean = try flag("set_alpha_to_one", false)
    return asDiffusers
      ? try PNDMSampler(
        walk.schedule, steps: walk.steps, spacing: walk.spacing, offset: walk.offset,
        endsClean: endsClean)
      : try PLMSSampler(
        walk.schedule, steps: walk.steps, spacing: walk.spacing, offset: walk.offset,
        endsClean: endsClean)
  }

  private func lcm(_ walk: Walk) throws -> LCMSampler {
    try LCMSampler(
      walk.schedule, steps: walk.steps, originalSteps: originalSteps,
      timestepScaling: timestepScaling, clipRange: clipRange(byDefault: false))
  }

  /// How many timesteps a distilled network was made for.
  package var originalSteps: Int {
    get throws {
      try file.find("original_inference_steps")?.integer(in: 1...schedule.count)
        ?? min(50, schedule.count)
    }
  }

  private var timestepScaling: Double {
    get throws {
      guard let node = try file.find("timestep_scaling") else { return 10 }
      let scaling = try node.number()
      guard scaling > 0, scaling.isFinite else {
        throw node.failure(expected: "a number above 0")
      }
      return scaling
    }
  }
}

// MARK: - In k-diffusion's space

extension SchedulerConfiguration {
  private func alongSigma(_ name: SamplerName, _ walk: Walk) throws -> any Sampler {
    let (schedule, steps, spacing, offset) = (
      walk.schedule, walk.steps, walk.spacing, walk.offset
    )
    let (sigmas, range) = (walk.sigmas, walk.range)
    switch name {
    case .eulerAncestral:
      return try EulerAncestralSampler(schedule, steps: steps, spacing: spacing, offset: offset)
    case .heun:
      return try HeunSampler(
        schedule, steps: steps, spacing: spacing, offset: offset, sigmas: sigmas, range: range,
        clipRange: clipRange(byDefault: false))
    case .kdpm2, .kdpm2Ancestral:
      return try KDPM2Sampler(
        schedule, steps: steps, spacing: spacing, offset: offset, sigmas: sigmas, range: range,
        drawsNoise: name == .kdpm2Ancestral)
    case .lms:
      return try LMSSampler(
        schedule, steps: steps, spacing: spacing, offset: offset, sigmas: sigmas)
    default:
      return try EulerSampler(
        schedule, steps: steps, spacing: spacing, offset: offset, sigmas: sigmas, range: range,
        endsClean: endsAtZero)
    }
  }
}

// MARK: - Solvers of λ

extension SchedulerConfiguration {
  private func multistep(_ walk: Walk, order: Int) throws -> DPMSolverSampler {
    try DPMSolverSampler(
      walk.schedule, steps: walk.steps, spacing: walk.spacing, offset: walk.offset,
      sigmas: walk.sigmas, range: walk.range, order: order, endsClean: endsAtZero,
      lowerOrderFinal: flag("lower_order_final", true),
      eulerAtFinal: flag("euler_at_final", false), minimumLambda: minimumLambda)
  }

  private func stochastic(_ walk: Walk) throws -> DPMSolverSDESampler {
    try DPMSolverSDESampler(
      walk.schedule, steps: walk.steps, spacing: walk.spacing, offset: walk.offset,
      sigmas: walk.sigmas, range: walk.range, order: order, endsClean: endsAtZero,
      lowerOrderFinal: flag("lower_order_final", true),
      eulerAtFinal: flag("euler_at_final", false), minimumLambda: minimumLambda)
  }

  private func singlestep(_ walk: Walk, order: Int) throws -> DPMSolverSinglestepSampler {
    try DPMSolverSinglestepSampler(
      walk.schedule, steps: walk.steps, sigmas: walk.sigmas, range: walk.range, order: order,
      endsClean: endsAtZero, lowerOrderFinal: flag("lower_order_final", false),
      minimumLambda: minimumLambda)
  }
}
