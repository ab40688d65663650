import ArgumentParser
import Diffusion

/// `--sigmas`, `--spacing` and `--eta`: where a sampler's walk stops, and how much fresh noise it adds.
public struct WalkOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      How the noise levels of a walk are spread: \(Self.names(SigmaSpacing.self)). model stops at the \
      timesteps that the model was trained with. (default: what the model's scheduler file says)
      """, valueName: "name"))
  var sigmas: SigmaSpacing?

  @Option(
    help: ArgumentHelp(
      """
      Which timesteps are visited: \(Self.names(TimestepSpacing.self)). leading misses the noisiest, \
      trailing begins with it, linspace takes both ends. (default: what the model's scheduler file \
      says, or the sampler's own; trailing for sampler-comparison)
      """, valueName: "name"))
  var spacing: TimestepSpacing?

  @Option(
    decimal: """
      How much fresh noise each step adds, 0 to 1: η of ddim, where 1 is the noise of ddpm, and γ of tcd, \
      for which its authors' value is 0.3.
      """,
    valueName: "share", default: "0")
  var eta: Double?

  /// The options as they are before a command line is parsed.
  public init() {}

  /// Checks the range, before any work.
  /// - Throws: `ValidationError`, which names the option.
  public mutating func validate() throws {
    if let eta { try Check.range("--eta", eta, 0...1) }
  }

  /// What was given; nil for the model's own.
  public var settings: WalkSettings { WalkSettings(sigmas: sigmas, spacing: spacing, eta: eta) }

  /// Refuses what would do nothing to one of the samplers that were named.
  /// - Throws: `ValidationError`, which names option and sampler.
  public func check(for samplers: [SamplerName]) throws {
    do { for name in samplers { try settings.check(for: name) } } catch let error as SamplerError {
      throw ValidationError(error.description)
    }
  }

  /// What was given, with the resolved settings put on record.
  /// - Parameters:
  ///   - run: whose manifest holds them.
  ///   - own: what the walk does by itself; empty where several samplers walk.
  public func value(_ run: InspectorRun, default own: WalkSettings) -> WalkSettings {
    _ = run.settled("sigmas", sigmas, ifAny: own.sigmas)
    _ = run.settled("spacing", spacing, ifAny: own.spacing)
    _ = run.settled("eta", eta, ifAny: own.eta)
    return settings
  }

  /// What was given, checked against the sampler that walks, with what that does put on record.
  /// - Parameters:
  ///   - run: whose manifest holds it.
  ///   - name: the sampler that was named, or the model's own; nil where that has no name here.
  ///   - scheduler: the model's.
  /// - Throws: `ValidationError`, or `JSONError` for a scheduler file that means nothing.
  public func value(
    _ run: InspectorRun, for name: SamplerName?, of scheduler: SchedulerConfiguration
  ) throws -> WalkSettings {
    guard let name else { return value(run, default: WalkSettings()) }
    try check(for: [name])
    return value(run, default: try scheduler.settings(of: name, given: settings))
  }

  private static func names<Name: CaseIterable & RawRepresentable<String>>(
    _ type: Name.Type
  ) -> String {
    type.allCases.map(\.rawValue).joined(separator: ", ")
  }
}

extension SigmaSpacing: ExpressibleByArgument {}
extension TimestepSpacing: ExpressibleByArgument {}
