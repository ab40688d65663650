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
    guard configuration.predictionType != .noise || !configuration.schedule(for: name).endsInNoise
    else {
      throw SamplerError.noSignal(spacing: .trailing)
    }
    return try configuration.overTrailingTimesteps(endsClean: endsClean)
      .sampler(name, steps: min(steps, most(name, configuration)), settings: settings)
  }
}
