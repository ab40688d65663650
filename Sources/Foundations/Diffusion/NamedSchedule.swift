import Diagnostics

/// The noise schedules that a person can ask for by name, each as its first user set it.
public enum NamedSchedule: String, CaseIterable, Sendable {
  /// DDPM (arXiv:2006.11239): β from 1e-4 to 0.02 in equal steps.
  case linear
  /// Stable Diffusion v1: √β in equal steps, β from 0.00085 to 0.012.
  case scaledLinear = "scaled-linear"
  /// Most other latent diffusion models (arXiv:2112.10752): √β in equal steps, 0.0015 to 0.0195.
  case latentDiffusion = "latent-diffusion"
  /// iDDPM (arXiv:2102.09672): ᾱ along a squared cosine.
  case cosine
  /// diffusers' `sigmoid`: β along a logistic curve from 1e-4 to 0.02.
  case sigmoid

  /// Other spellings of the same schedules.
  private static let aliases: [String: NamedSchedule] = [
    "ddpm": .linear, "stable-diffusion": .scaledLinear, "scaled_linear": .scaledLinear,
    "ldm": .latentDiffusion, "squared-cosine": .cosine, "squaredcos_cap_v2": .cosine,
  ]

  /// The schedule called `name`: a raw value or one of `ddpm`, `stable-diffusion`, `ldm`,
  /// `squared-cosine` and diffusers' own spellings.
  /// - Throws: `UnknownScheduleError`, which lists the names.
  public init(parsing name: String) throws {
    guard let found = Self(rawValue: name) ?? Self.aliases[name] else {
      throw UnknownScheduleError(name: name)
    }
    self = found
  }

  /// The schedule over `count` timesteps.
  public func schedule(count: Int = 1000) -> NoiseSchedule {
    switch self {
    case .linear: .linear(from: 1e-4, to: 0.02, count: count)
    case .scaledLinear: .scaledLinear(from: 0.00085, to: 0.012, count: count)
    case .latentDiffusion: .scaledLinear(from: 0.0015, to: 0.0195, count: count)
    case .cosine: .cosine(count: count)
    case .sigmoid: .sigmoid(from: 1e-4, to: 0.02, count: count)
    }
  }

  /// What a scheduler's file of diffusers says of it: `beta_schedule`, `beta_start` and `beta_end`;
  /// the ends mean nothing to the cosine.
  package var diffusersSettings: (shape: String, start: Double, end: Double) {
    switch self {
    case .linear: ("linear", 1e-4, 0.02)
    case .scaledLinear: ("scaled_linear", 0.00085, 0.012)
    case .latentDiffusion: ("scaled_linear", 0.0015, 0.0195)
    case .cosine: ("squaredcos_cap_v2", 1e-4, 0.02)
    case .sigmoid: ("sigmoid", 1e-4, 0.02)
    }
  }

  /// Every name that `init(parsing:)` knows: the main names first.
  public static var knownNames: [String] { allCases.map(\.rawValue) + aliases.keys.sorted() }
}

/// A schedule name that nobody knows.
public struct UnknownScheduleError: PersonFacingError, Equatable {
  /// What was asked for.
  public let name: String

  /// Usage, 64.
  public var exitStatus: ExitStatus { .usage }
  /// What is wrong in one line: where, what was expected, what was found.
  public var description: String {
    "unknown noise schedule '\(name)': expected one of "
      + NamedSchedule.knownNames.joined(separator: ", ")
  }
}
