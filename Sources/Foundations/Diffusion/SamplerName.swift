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
  /// Linear multistep: a polynomial through the last slopes.
  case lms
  /// DPM-Solver++ in its multistep form.
  case dpmSolver = "dpm-solver++"
  /// A predictor and a corrector of one form, with one call of the model.
  case unipc
  /// Exponential integration of a polynomial through the last predictions.
  case deis

  /// - Throws: `SamplerError.unknownName`, which lists the names.
  public init(parsing name: String) throws {
    guard let found = Self(rawValue: name) else { throw SamplerError.unknownName(name) }
    self = found
  }

  /// Whether it draws fresh noise on its way, as a pipeline calls it: then a picture needs a walk, and
  /// random numbers, of its own.
  public var drawsNoise: Bool { self == .ddpm || self == .eulerAncestral }

  /// Whether its noise levels can be spread anew, as `SigmaSpacing` says.
  public var spreadsSigmas: Bool {
    switch self {
    case .ddpm, .ddim, .plms, .pndm, .eulerAncestral: false
    case .euler, .heun, .lms, .dpmSolver, .unipc, .deis: true
    }
  }

  /// Whether noise levels that are spread anew span the whole schedule, wherever its timesteps lie:
  /// solvers of λ, which spread S + 1 points.
  var solvesOverSchedule: Bool { [.dpmSolver, .unipc, .deis].contains(self) }

  /// The class of diffusers that does the same.
  package var schedulerClass: String {
    switch self {
    case .ddpm: "DDPMScheduler"
    case .ddim: "DDIMScheduler"
    case .plms, .pndm: "PNDMScheduler"
    case .euler: "EulerDiscreteScheduler"
    case .eulerAncestral: "EulerAncestralDiscreteScheduler"
    case .heun: "HeunDiscreteScheduler"
    case .lms: "LMSDiscreteScheduler"
    case .dpmSolver: "DPMSolverMultistepScheduler"
    case .unipc: "UniPCMultistepScheduler"
    case .deis: "DEISMultistepScheduler"
    }
  }

  /// Whether that class knows `rescale_betas_zero_snr`; LMS, Heun and PNDM drop it (diffusers 0.42).
  var knowsZeroTerminalSNR: Bool {
    switch self {
    case .ddpm, .ddim, .euler, .eulerAncestral, .dpmSolver, .unipc: true
    case .plms, .pndm, .heun, .lms, .deis: false
    }
  }

  /// The timestep spacing of that class where a configuration names none.
  var defaultSpacing: TimestepSpacing {
    switch self {
    case .ddpm, .ddim, .plms, .pndm: .leading
    case .euler, .eulerAncestral, .heun, .lms, .dpmSolver, .unipc, .deis: .linspace
    }
  }
}
