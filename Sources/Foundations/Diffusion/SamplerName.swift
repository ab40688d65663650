/// The samplers that a person can ask for by name.
public enum SamplerName: String, CaseIterable, Sendable {
  /// Ancestral sampling: a draw from p_θ(x_{t−1} | x_t) at each step.
  case ddpm
  /// The same way without fresh noise, or with a chosen share of it.
  case ddim
  /// Four predictions at a time, as CompVis runs it.
  case plms
  /// The same as diffusers runs it, each call of the model a step of its own.
  case pndm
  /// Euler's step down the ODE of the noise levels.
  case euler
  /// Euler's step to less noise than asked for, and fresh noise on top.
  case eulerAncestral = "euler-ancestral"
  /// Euler's step, corrected by the slope where it ends: two calls of the model.
  case heun
  /// The step along the slope in the middle of it: two calls of the model.
  case kdpm2
  /// The same to less noise than asked for, and fresh noise on top.
  case kdpm2Ancestral = "kdpm2-ancestral"
  /// Linear multistep: a polynomial through the last slopes.
  case lms
  /// DPM-Solver++ in its multistep form, of the order that a scheduler file says; 2 by itself.
  case dpmSolver = "dpm-solver++"
  /// The same with three predictions at a time.
  case dpmSolver3M = "dpm-solver++-3m"
  /// DPM-Solver++ in its singlestep form, two calls to a block.
  case dpmSolver2S = "dpm-solver++-2s"
  /// The same with three calls to a block.
  case dpmSolver3S = "dpm-solver++-3s"
  /// DPM-Solver++ in its multistep form for the stochastic equation.
  case dpmSolverSDE = "dpm-solver++-sde"
  /// A predictor and a corrector of one form, with one call of the model.
  case unipc
  /// Exponential integration of a polynomial through the last predictions.
  case deis
  /// A jump to the picture and new noise on it, for models distilled to jump.
  case lcm
  /// Below the next level and up to it by noise, for models distilled to go anywhere.
  case tcd

  /// - Throws: `SamplerError.unknownName`, which lists the names.
  public init(parsing name: String) throws {
    guard let found = Self(rawValue: name) else { throw SamplerError.unknownName(name) }
    self = found
  }

  /// Whether it draws fresh noise on its way, as a pipeline calls it: then a picture needs a walk, and
  /// random numbers, of its own.
  public var drawsNoise: Bool {
    [.ddpm, .eulerAncestral, .kdpm2Ancestral, .dpmSolverSDE, .lcm].contains(self)
  }

  /// Whether it is made for networks that were distilled for it; others are blurred by it.
  public var wantsDistilled: Bool { self == .lcm || self == .tcd }

  /// Those that any model can be walked by: what `all` stands for.
  public static let general = allCases.filter { !$0.wantsDistilled }

  /// Whether its noise levels can be spread anew, as `SigmaSpacing` says.
  public var spreadsSigmas: Bool {
    switch self {
    case .ddpm, .ddim, .plms, .pndm, .eulerAncestral, .lcm, .tcd: false
    case .euler, .heun, .kdpm2, .kdpm2Ancestral, .lms: true
    case .dpmSolver, .dpmSolver3M, .dpmSolver2S, .dpmSolver3S, .dpmSolverSDE, .unipc, .deis: true
    }
  }

  /// Whether a share of fresh noise, η, can be chosen.
  public var takesEta: Bool { self == .ddim || self == .tcd }

  /// Whether the spacing of timesteps says where it stops, when its noise levels are spread like that.
  package func takesSpacing(with sigmas: SigmaSpacing) -> Bool {
    !hasOwnTimesteps && (!solvesOverSchedule || sigmas == .timesteps)
  }

  /// Whether its timesteps are its own, whatever spacing is asked for.
  var hasOwnTimesteps: Bool { [.dpmSolver2S, .dpmSolver3S, .lcm, .tcd].contains(self) }

  /// Whether noise levels that are spread anew span the whole schedule, wherever its timesteps lie:
  /// solvers of λ, which spread S + 1 points.
  package var solvesOverSchedule: Bool {
    switch self {
    case .dpmSolver, .dpmSolver3M, .dpmSolver2S, .dpmSolver3S, .dpmSolverSDE, .unipc, .deis: true
    case .ddpm, .ddim, .plms, .pndm, .euler, .eulerAncestral, .heun, .kdpm2, .kdpm2Ancestral, .lms,
      .lcm, .tcd:
      false
    }
  }

  /// The class of diffusers that does the same.
  package var schedulerClass: String {
    switch self {
    case .ddpm: "DDPMScheduler"
    case .ddim: "DDIMScheduler"
    case .plms, .pndm: "PNDMScheduler"
    case .euler: "EulerDiscreteScheduler"
    case .eulerAncestral: "EulerAncestralDiscreteScheduler"
    case .heun: "HeunDiscreteScheduler"
    case .kdpm2: "KDPM2DiscreteScheduler"
    case .kdpm2Ancestral: "KDPM2AncestralDiscreteScheduler"
    case .lms: "LMSDiscreteScheduler"
    case .dpmSolver, .dpmSolver3M, .dpmSolverSDE: "DPMSolverMultistepScheduler"
    case .dpmSolver2S, .dpmSolver3S: "DPMSolverSinglestepScheduler"
    case .unipc: "UniPCMultistepScheduler"
    case .deis: "DEISMultistepScheduler"
    case .lcm: "LCMScheduler"
    case .tcd: "TCDScheduler"
    }
  }

  /// Whether that class knows `rescale_betas_zero_snr`; the others drop it (diffusers 0.42).
  var knowsZeroTerminalSNR: Bool {
    switch self {
    case .ddpm, .ddim, .euler, .eulerAncestral, .dpmSolver, .dpmSolver3M, .dpmSolverSDE, .unipc,
      .lcm, .tcd:
      true
    case .plms, .pndm, .heun, .kdpm2, .kdpm2Ancestral, .lms, .dpmSolver2S, .dpmSolver3S, .deis:
      false
    }
  }

  /// The timestep spacing of that class where a configuration names none.
  var defaultSpacing: TimestepSpacing {
    switch self {
    case .ddpm, .ddim, .plms, .pndm, .lcm, .tcd: .leading
    default: .linspace
    }
  }
}
