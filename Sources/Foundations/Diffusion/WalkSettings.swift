import JSON

/// How a walk is to differ from what a model's scheduler file says; nil for what it says.
public struct WalkSettings: Sendable, Hashable {
  /// How the noise levels are spread.
  public var sigmas: SigmaSpacing?
  /// Which timesteps are visited.
  public var spacing: TimestepSpacing?
  /// How much fresh noise each step adds, from none, 0: η of DDIM, where 1 is DDPM's, and γ of TCD, where 1
  /// is that of LCM.
  public var eta: Double?

  /// - Parameters:
  ///   - sigmas: how the noise levels are spread.
  ///   - spacing: which timesteps are visited.
  ///   - eta: η of DDIM or γ of TCD, 0 to 1.
  public init(
    sigmas: SigmaSpacing? = nil, spacing: TimestepSpacing? = nil, eta: Double? = nil
  ) {
    (self.sigmas, self.spacing, self.eta) = (sigmas, spacing, eta)
  }

  /// Refuses what would do nothing to that sampler.
  /// - Throws: `SamplerError.withoutEffect`.
  public func check(for name: SamplerName) throws {
    try check(for: name, sigmas: sigmas ?? .timesteps)
  }

  /// - Parameters:
  ///   - name: of the sampler.
  ///   - own: how the levels are spread where the settings are silent.
  func check(
    for name: SamplerName, sigmas own: @autoclosure () throws -> SigmaSpacing
  ) throws {
    if sigmas != nil, !name.spreadsSigmas {
      throw SamplerError.withoutEffect(
        "sigmas", name, because: "it visits timesteps, however the noise is spread")
    }
    if eta != nil, !name.takesEta {
      throw SamplerError.withoutEffect("eta", name, because: "η is a setting of ddim and tcd")
    }
    if spacing != nil, name.hasOwnTimesteps {
      throw SamplerError.withoutEffect("spacing", name, because: "it has timesteps of its own")
    }
    guard spacing != nil, name.solvesOverSchedule else { return }
    let spread = try sigmas ?? own()
    if spread != .timesteps {
      throw SamplerError.withoutEffect(
        "spacing", name, because: "\(spread.rawValue) sigmas span the whole schedule")
    }
  }

  /// Which of the settings would do nothing to that sampler, by their names: `sigmas`, `spacing`, `eta`.
  /// - Parameters:
  ///   - name: of the sampler.
  ///   - own: how its levels are spread where the settings are silent.
  public func withoutEffect(
    on name: SamplerName, sigmas own: SigmaSpacing = .timesteps
  ) -> [String] {
    var (rest, found) = (self, [String]())
    while case .some(.withoutEffect(let setting, _, _)) = rest.refusal(by: name, sigmas: own),
      !found.contains(setting)
    {
      found.append(setting)
      if setting == "sigmas" { rest.sigmas = nil }
      if setting == "spacing" { rest.spacing = nil }
      if setting == "eta" { rest.eta = nil }
    }
    return found
  }

  private func refusal(by name: SamplerName, sigmas own: SigmaSpacing) -> SamplerError? {
    do { try check(for: name, sigmas: own) } catch { return error as? SamplerError }
    return nil
  }

  /// A scheduler file with these settings in place of its own, as `from_config` of diffusers takes them.
  func laid(over file: JSONNode) -> JSONNode {
    guard case .object(var members) = file.value else { return file }
    if let sigmas {
      for key in SigmaSpacing.allCases.compactMap(\.key) { members[key] = .bool(key == sigmas.key) }
    }
    if let spacing { members["timestep_spacing"] = .string(spacing.rawValue) }
    return JSONNode(.object(members), file: file.file, path: file.path)
  }
}
