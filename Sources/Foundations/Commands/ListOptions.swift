import ArgumentParser
import Diffusion
import Tensors

// The options of `Options.swift` for commands that lay several values out beside each other. One value
// is what it is there, in the manifest as well.

/// `--prompt`, which may be repeated.
public struct PromptsOption: ParsableArguments {
  @Option(
    help: .prompt(
      "What the picture should show; repeated, it draws each prompt from the same noise.",
      default: PromptOption.usual))
  var prompt: [String] = []

  /// The option as it is before a command line is parsed.
  public init() {}

  /// Refuses too many, and one prompt twice.
  /// - Throws: `ValidationError`, which names the option.
  public mutating func validate() throws {
    guard prompt.count <= Values.most else {
      throw ValidationError("--prompt: expected at most \(Values.most), found \(prompt.count)")
    }
    for (index, text) in prompt.enumerated() where prompt[..<index].contains(text) {
      throw ValidationError("--prompt: expected each prompt once, found '\(text)' again")
    }
  }

  /// What was given; none for the usual one.
  public var given: [String] { prompt }

  /// The prompts that were given, or the usual one.
  public func values(_ run: InspectorRun) -> ValueList<String> {
    run.settled(
      "prompt", prompt.isEmpty ? nil : ValueList(prompt), default: .init([PromptOption.usual]))
  }
}

/// `--seed`, one or several.
public struct SeedsOption: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The seed of the random numbers, those of torch.manual_seed; several such as 1-8 or 1,5,9 make a picture each. (default: 42)",
      valueName: "n|list"),
    transform: Values.seeds)
  var seed = ValueList<UInt64>([42])

  /// The option as it is before a command line is parsed.
  public init() {}

  /// At least one.
  public var values: ValueList<UInt64> { seed }
}

/// `--guidance-scale`, one or several.
public struct GuidanceScalesOption: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      """
      How strongly the prompt pulls: s in ε_u + s (ε_c − ε_u); 1 is no guidance. Several such as \
      1,3,7.5 make a picture each. (default: what the model's folder recommends, 3 for the bundled \
      model; 7.5 where it recommends none)
      """, valueName: "s|list"),
    transform: Values.numbers)
  var guidanceScale: ValueList<Double>?

  /// The option as it is before a command line is parsed.
  public init() {}

  /// Checks the range of each, before any work.
  /// - Throws: `ValidationError`, which names the option.
  public mutating func validate() throws {
    for scale in guidanceScale?.values ?? [] { try Check.range("--guidance-scale", scale, 0...100) }
  }

  /// What was given; nil for the model's own.
  public var given: ValueList<Double>? { guidanceScale }

  /// The scales that were given, or the model's own.
  public func values(_ run: InspectorRun, default own: Double) -> ValueList<Double> {
    run.settled("guidance-scale", guidanceScale, default: ValueList([own]))
  }
}

/// `--sampler`, one, several or all.
public struct SamplersOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      The sampler that walks from noise to picture: \
      \(SamplerName.allCases.map(\.rawValue).joined(separator: ", ")); several with commas between \
      them, or all (but lcm and tcd, which are made for distilled models), make a picture each. \
      (default: what the model's scheduler file names; ddim for the bundled model)
      """, valueName: "name|list"),
    transform: SamplerList.init(parsing:))
  var sampler: SamplerList?

  /// The option as it is before a command line is parsed.
  public init() {}

  /// What was given; nil for the model's own.
  public var given: ValueList<SamplerName>? { sampler.map { ValueList($0.names) } }

  /// What was given, as far as the walk's options do something to it; none for the model's own.
  /// - Throws: as `WalkOption.walked` does.
  public func given(walking walk: WalkOption) throws -> [SamplerName] {
    try sampler.map { try walk.walked($0).names } ?? []
  }

  /// The samplers that were given, or the model's own; nil where that has no name here.
  public func values(
    _ run: InspectorRun, default own: SamplerName?
  ) -> ValueList<SamplerName>? {
    run.settled("sampler", given, ifAny: own.map { ValueList([$0]) })
  }

  /// The same as far as the walk's options do something to them; what `all` leaves out is told.
  /// - Parameters:
  ///   - run: whose manifest notes them.
  ///   - own: the model's own.
  ///   - walk: where the walks stop, and how much fresh noise they add.
  ///   - scheduler: the model's.
  /// - Throws: as `WalkOption.walked` does.
  public func values(
    _ run: InspectorRun, default own: SamplerName?, walking walk: WalkOption,
    of scheduler: SchedulerConfiguration
  ) throws -> ValueList<SamplerName>? {
    guard let sampler else { return values(run, default: own) }
    let walked = try walk.walked(sampler, of: scheduler)
    if let notice = walked.notice { run.notice(notice) }
    return run.settled("sampler", ValueList(walked.names), ifAny: nil)
  }
}
