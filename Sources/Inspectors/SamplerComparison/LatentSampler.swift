import Diffusion

extension LatentWalker {
  /// The most steps that a sampler takes of a model.
  /// - Throws: `JSONError` where the model's scheduler file means nothing.
  package static func most(
    _ name: SamplerName, _ configuration: SchedulerConfiguration
  ) throws -> Int {
    if name.wantsDistilled { return try configuration.originalSteps }
    return configuration.schedule.count - (name.solvesOverSchedule ? 1 : 0)
  }

  /// What the walks do where nothing else is asked for, as far as it says something of them.
  package static func settings(
    _ names: [SamplerName], besides given: WalkSettings
  ) -> WalkSettings {
    WalkSettings(
      sigmas: names.allSatisfy(\.spreadsSigmas) ? .timesteps : nil,
      spacing: names.contains { $0.takesSpacing(with: given.sigmas ?? .timesteps) }
        ? .trailing : nil,
      eta: names.contains(where: \.takesEta) ? 0 : nil)
  }

  /// A sampler over `trailing` timesteps that goes on to the clean image where it can.
  /// - Parameters:
  ///   - name: which one.
  ///   - configuration: of the model.
  ///   - steps: how many of them, or as many as it takes.
  ///   - settings: other timesteps, levels spread anew, and a share of fresh noise.
  ///   - endsClean: false stops at the noise of timestep 0, where DPM-Solver++ keeps its order.
  /// - Throws: `SamplerError` when the steps do not fit into the schedule.
  package static func sampler(
    _ name: SamplerName, _ configuration: SchedulerConfiguration, steps: Int,
    settings: WalkSettings = WalkSettings(), endsClean: Bool = true
  ) throws -> any Sampler {
    let schedule = configuration.schedule(for: name)
    guard configuration.predictionType != .noise || !schedule.endsInNoise else {
      throw SamplerError.noSignal(spacing: .trailing)
    }
    let walk = try Walk(
      schedule: schedule, steps: min(steps, most(name, configuration)),
      spacing: settings.spacing ?? .trailing, offset: configuration.offset(for: name),
      sigmas: settings.sigmas ?? .timesteps)
    let eta = settings.eta ?? 0
    switch name {
    case .ddpm, .ddim, .plms, .pndm: return try overTimesteps(name, walk, eta: eta)
    case .euler, .eulerAncestral, .heun, .kdpm2, .kdpm2Ancestral, .lms:
      return try alongSigma(name, walk)
    case .dpmSolver, .dpmSolver3M, .dpmSolver2S, .dpmSolver3S, .dpmSolverSDE, .unipc, .deis:
      return try solver(name, walk, endsClean: endsClean)
    case .lcm:
      return try LCMSampler(
        schedule, steps: walk.steps, originalSteps: configuration.originalSteps)
    case .tcd:
      return try TCDSampler(
        schedule, steps: walk.steps, originalSteps: configuration.originalSteps, gamma: eta)
    }
  }

  /// Where a walk stops.
  private struct Walk {
    let schedule: NoiseSchedule
    let steps: Int
    let spacing: TimestepSpacing
    let offset: Int
    let sigmas: SigmaSpacing
  }

  private static func overTimesteps(
    _ name: SamplerName, _ walk: Walk, eta: Double
  ) throws -> any Sampler {
    let (schedule, steps, spacing, offset) = (
      walk.schedule, walk.steps, walk.spacing, walk.offset
    )
    switch name {
    case .ddpm:
      return try DDPMSampler(
        schedule, steps: steps, spacing: spacing, offset: offset, clipRange: nil)
    case .plms:
      return try PLMSSampler(
        schedule, steps: steps, spacing: spacing, offset: offset, endsClean: true)
    case .pndm:
      return try PNDMSampler(
        schedule, steps: steps, spacing: spacing, offset: offset, endsClean: true)
    default:
      return try DDIMSampler(
        schedule, steps: steps, spacing: spacing, offset: offset, eta: eta, clipRange: nil)
    }
  }

  private static func alongSigma(_ name: SamplerName, _ walk: Walk) throws -> any Sampler {
    let (schedule, steps, spacing, offset) = (
      walk.schedule, walk.steps, walk.spacing, walk.offset
    )
    switch name {
    case .eulerAncestral:
      return try EulerAncestralSampler(schedule, steps: steps, spacing: spacing, offset: offset)
    case .heun:
      return try HeunSampler(
        schedule, steps: steps, spacing: spacing, offset: offset, sigmas: walk.sigmas)
    case .kdpm2:
      return try KDPM2Sampler(
        schedule, steps: steps, spacing: spacing, offset: offset, sigmas: walk.sigmas)
    case .kdpm2Ancestral:
      return try KDPM2AncestralSampler(
        schedule, steps: steps, spacing: spacing, offset: offset, sigmas: walk.sigmas)
    case .lms:
      return try LMSSampler(
        schedule, steps: steps, spacing: spacing, offset: offset, sigmas: walk.sigmas)
    default:
      return try EulerSampler(
        schedule, steps: steps, spacing: spacing, offset: offset, sigmas: walk.sigmas)
    }
  }

  private static func solver(
    _ name: SamplerName, _ walk: Walk, endsClean: Bool
  ) throws -> any Sampler {
    let (schedule, steps, spacing, offset) = (
      walk.schedule, walk.steps, walk.spacing, walk.offset
    )
    switch name {
    case .dpmSolver2S, .dpmSolver3S:
      return try DPMSolverSinglestepSampler(
        schedule, steps: steps, sigmas: walk.sigmas, order: name == .dpmSolver2S ? 2 : 3)
    case .dpmSolverSDE:
      return try DPMSolverSDESampler(
        schedule, steps: steps, spacing: spacing, offset: offset, sigmas: walk.sigmas)
    case .unipc:
      return try UniPCSampler(
        schedule, steps: steps, spacing: spacing, offset: offset, sigmas: walk.sigmas)
    case .deis:
      return try DEISSampler(
        schedule, steps: steps, spacing: spacing, offset: offset, sigmas: walk.sigmas)
    default:
      return try DPMSolverSampler(
        schedule, steps: steps, spacing: spacing, offset: offset, sigmas: walk.sigmas,
        order: name == .dpmSolver ? 2 : 3, endsClean: endsClean, lowerOrderFinal: endsClean)
    }
  }
}
