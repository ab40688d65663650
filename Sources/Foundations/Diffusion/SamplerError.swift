import Diagnostics

/// A sampler that cannot be made from what a person asked for.
public enum SamplerError: PersonFacingError, Equatable {
  /// No sampler has this name.
  case unknownName(String)
  /// The class that a scheduler file names has no sampler here.
  case unknownClass(String, file: String)
  /// A number of steps that is not in 1…`limit`.
  case steps(Int, limit: Int)
  /// Steps that the spacing cannot place within `count` timesteps.
  case timesteps(steps: Int, spacing: TimestepSpacing, count: Int)
  /// The first timestep has ᾱ = 0, where the noise says nothing of the image.
  case noSignal(spacing: TimestepSpacing)
  /// A setting that does nothing to a sampler.
  case withoutEffect(String, SamplerName, because: String)
  /// A strength for an image to begin from that is not in 0…1.
  case strength(Double)

  /// Usage, 64; bad data, 65, for a file whose class is unknown.
  public var exitStatus: ExitStatus {
    if case .unknownClass = self { .badData } else { .usage }
  }

  /// What is wrong in one line: where, what was expected, what was found.
  public var description: String {
    switch self {
    case .unknownName(let name):
      "unknown sampler '\(name)': expected one of "
        + SamplerName.allCases.map(\.rawValue).joined(separator: ", ")
    case .unknownClass(let name, let file):
      "\(file): its scheduler class \(name) has no sampler here: name one with `sampler` ("
        + SamplerName.allCases.map(\.rawValue).joined(separator: ", ") + ")"
    case .steps(let steps, let limit):
      "`steps`: expected 1 to \(limit), found \(steps)"
    case .timesteps(let steps, let spacing, let count):
      "`steps`: \(steps) steps with '\(spacing.rawValue)' spacing do not fit into timesteps 0 to "
        + "\(count - 1): ask for fewer"
    case .noSignal(let spacing):
      "the schedule leaves no signal at the first timestep of '\(spacing.rawValue)' spacing: a model "
        + "that predicts the noise cannot start there"
    case .withoutEffect(let setting, let name, let reason):
      "`\(setting)` does nothing to \(name.rawValue): \(reason)"
    case .strength(let strength):
      "`strength`: expected a number from 0 to 1, found \(strength)"
    }
  }
}
