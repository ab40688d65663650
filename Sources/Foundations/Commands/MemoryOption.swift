import ArgumentParser
import Networks

/// `--memory`.
public struct MemoryOption: ParsableArguments {
  private static let names = MemoryUse.allCases.map(\.rawValue)

  /// The name as typed; nil where nobody says.
  @Option(
    help: ArgumentHelp(
      "What memory is spent on time: fast keeps what 3×3 convolutions make of their weights, four times these as Float32; lean keeps nothing. The numbers are the same. (default: fast where there are 128 passes or more, and that takes 256 MB and an eighth of the free memory at most, as with the bundled models; with those of Stable Diffusion it gains nothing)",
      valueName: "name"))
  public var memory: String?

  /// The option as it is before a command line is parsed.
  public init() {}

  /// Checks that there is such a use.
  /// - Throws: `ValidationError`, which names the option.
  public mutating func validate() throws {
    if let memory { try Check.name("--memory", memory, oneOf: Self.names) }
  }

  /// What was named, or what fits.
  /// - Parameters:
  ///   - parameters: of the network that is passed again and again.
  ///   - passes: how often.
  public func choice(for parameters: [Parameter], passes: Int) -> MemoryUse {
    memory.flatMap(MemoryUse.init) ?? MemoryUse(fitting: parameters, passes: passes)
  }

  /// The same, noted for the manifest.
  public func value(
    _ run: InspectorRun, for parameters: [Parameter], passes: Int
  ) -> MemoryUse {
    let choice = choice(for: parameters, passes: passes)
    run.setting("memory", .text(choice.rawValue))
    return choice
  }
}
