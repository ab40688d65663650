import ArgumentParser
import Diffusion
import Storybook
import Tensors

// The common options, one group each: an inspector takes the groups that it needs, so that no
// option does nothing. An option whose default is an inspector's own is nil when it is not given; the
// run settles it, so that the manifest holds what was taken.
// Numbers are parsed `.unconditional`, so that `--steps -1` is told what is wrong with −1.

/// `--output`, `--threads`, `--quiet`: what every inspector has.
public struct RunOptions: ParsableArguments {
  /// The folder to write, as typed; nil for `outputs/` and the command's name.
  @Option(
    help: ArgumentHelp(
      "The folder to write; earlier results of the same command there are replaced. (default: outputs/ and the command's name)",
      valueName: "dir"))
  public var output: String?

  @OptionGroup var threadsOption: ThreadsOption

  /// Whether the progress is kept silent; notices and errors are told all the same.
  @Flag(help: "Show no progress; notices and errors are still told.")
  public var quiet = false

  /// The options as they are before a command line is parsed.
  public init() {}

  /// Refuses an empty folder name.
  /// - Throws: `ValidationError`, which names the option.
  public mutating func validate() throws {
    if let output, output.isEmpty { throw ValidationError("--output: expected a folder, found ''") }
  }
}

/// `--threads`.
public struct ThreadsOption: ParsableArguments {
  /// How many threads to compute with, 1 to 1024; nil for all cores.
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("How many threads to compute with. (default: all cores)", valueName: "n"))
  public var threads: Int?

  /// The option as it is before a command line is parsed.
  public init() {}

  /// Checks the range, before any work.
  /// - Throws: `ValidationError`, which names the option.
  public mutating func validate() throws {
    if let threads { try Check.range("--threads", threads, 1...1024) }
  }

  /// Computes with as many from now on.
  public func apply() { if let threads { Threads.use(threads) } }
}

/// `--precision`.
public struct PrecisionOption: ParsableArguments {
  private static let names = Precision.allCases.map(\.rawValue)

  /// The name as typed; nil for float32. `choice` is the precision itself.
  @Option(
    help: ArgumentHelp(
      "What the network's products round their factors to: \(Self.names.joined(separator: ", ")). bfloat16 is faster and less exact, and needs a processor with AVX512_BF16. (default: float32)",
      valueName: "name"))
  public var precision: String?

  /// The option as it is before a command line is parsed.
  public init() {}

  /// Checks that there is such a precision, and that the processor has it.
  /// - Throws: `ValidationError`, which names the option.
  public mutating func validate() throws {
    guard let precision else { return }
    try Check.name("--precision", precision, oneOf: Self.names)
    guard choice.isNative else {
      throw ValidationError(
        "--precision: \(precision) needs a processor with AVX512_BF16, and this one has none")
    }
  }

  /// What was named, or float32.
  public var choice: Precision { precision.flatMap(Precision.init) ?? .float32 }

  /// What was named, or float32, noted for the manifest.
  public func value(_ run: InspectorRun) -> Precision {
    run.setting("precision", .text(choice.rawValue))
    return choice
  }
}

/// `--seed`.
public struct SeedOption: ParsableArguments {
  /// The seed of the run's random numbers, 42 where nothing is asked for; the same seed gives the
  /// numbers of `torch.manual_seed`.
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The seed of the random numbers: those of torch.manual_seed.", valueName: "n"))
  public var seed: UInt64 = 42

  /// The option as it is before a command line is parsed.
  public init() {}
  /// A new generator at the beginning of the seed's stream; each call gives another one.
  public var generator: TorchGenerator { TorchGenerator(seed: seed) }
}

/// `--image`.
public struct ImageOption: ParsableArguments {
  /// A PNG or JPEG file, as typed; nil for the bundled scene. `path` settles it.
  @Option(
    help: ArgumentHelp("Any PNG or JPEG. (default: a bundled scene)", valueName: "file"))
  public var image: String?

  /// The option as it is before a command line is parsed.
  public init() {}

  /// Refuses an empty path.
  /// - Throws: `ValidationError`, which names the option.
  public mutating func validate() throws { try Check.path("--image", image) }

  /// The file that was named, or the bundled scene.
  /// - Throws: `ShippedFileError`.
  public func path(_ run: InspectorRun) throws -> String {
    try run.settled("image", image, default: Shipped.path("fixtures/images/scene.png"))
  }
}

/// `--model`.
public struct ModelOption: ParsableArguments {
  /// A diffusers folder or one file, as typed; nil for the bundled model. `path` settles
  /// it.
  @Option(
    help: ArgumentHelp(
      "A diffusers folder, or a .ckpt, .safetensors or .gguf file. (default: the bundled model)",
      valueName: "path"))
  public var model: String?

  @OptionGroup var variantOption: VariantOption

  /// Which weights of the folder; nil for what there is.
  public var variant: String? { variantOption.variant }

  /// The options as they are before a command line is parsed.
  public init() {}

  /// Refuses an empty name, as a shell variable that is not set leaves it.
  /// - Throws: `ValidationError`, which names the option.
  public mutating func validate() throws { try Check.path("--model", model) }

  /// The model that was named, or the bundled one.
  /// - Throws: `ShippedFileError`.
  public func path(_ run: InspectorRun) throws -> String {
    try run.settled("model", model, default: Shipped.model())
  }
}

/// `--variant`.
public struct VariantOption: ParsableArguments {
  /// The name of a variant, `fp16` or `non_ema`; nil for what the folder has.
  @Option(
    help: ArgumentHelp(
      "Which weights of a diffusers folder, as fp16 or non_ema. (default: the plain ones; where there are none, fp16 or the only others)",
      valueName: "name"))
  public var variant: String?

  /// The option as it is before a command line is parsed.
  public init() {}

  /// Refuses an empty name, and one with a slash: it becomes part of a file's name.
  /// - Throws: `ValidationError`, which names the option.
  public mutating func validate() throws {
    if let variant, variant.isEmpty || variant.contains("/") {
      throw ValidationError("--variant: expected a name such as fp16, found '\(variant)'")
    }
  }
}

/// `--prompt`, where a picture is drawn from it.
public struct PromptOption: ParsableArguments {
  /// What is drawn when nothing is asked for.
  public static let usual =
    "a purple boat and an orange house on the sea under the moon at sunset"

  /// The prompt as typed; nil for the usual one. `value` settles it.
  @Option(help: .prompt("What the picture should show.", default: Self.usual))
  public var prompt: String?

  /// The option as it is before a command line is parsed.
  public init() {}

  /// The prompt that was given, or the usual one.
  public func value(_ run: InspectorRun) -> String {
    run.settled("prompt", prompt, default: Self.usual)
  }
}

extension ArgumentHelp {
  /// The help of `--prompt`: its part in a command, the words that the shipped model knows, and what
  /// is taken when it is not given.
  public static func prompt(_ part: String, default usual: String) -> ArgumentHelp {
    let words = Caption.vocabulary
    return ArgumentHelp(
      """
      \(part) The bundled model knows \(words.count) words: \
      \(words.joined(separator: ", ")). (default: \(usual))
      """, valueName: "text")
  }
}

/// `--steps`.
public struct StepsOption: ParsableArguments {
  /// How many are made when nothing is asked for.
  public static let usual = 50

  /// How many denoising steps, 1 to 1000; nil for the usual number. `value` settles it.
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("How many denoising steps. (default: \(Self.usual))", valueName: "n"))
  public var steps: Int?

  /// The option as it is before a command line is parsed.
  public init() {}
  /// Checks the range, before any work.
  /// - Throws: `ValidationError`, which names the option.
  public mutating func validate() throws {
    if let steps { try Check.range("--steps", steps, 1...1000) }
  }

  /// How many there are.
  public func value(_ run: InspectorRun) -> Int { run.settled("steps", steps, default: Self.usual) }
}

/// `--guidance-scale`.
public struct GuidanceOption: ParsableArguments {
  /// s in ε_u + s (ε_c − ε_u), 0 to 100; nil for the model's own. `value` settles it.
  @Option(
    decimal: "How strongly the prompt pulls: s in ε_u + s (ε_c − ε_u); 1 is no guidance.",
    valueName: "s",
    default: """
      what the model's folder recommends, 3 for the bundled model; 7.5 where it recommends none
      """)
  public var guidanceScale: Double?

  /// The option as it is before a command line is parsed.
  public init() {}
  /// Checks the range, before any work.
  /// - Throws: `ValidationError`, which names the option.
  public mutating func validate() throws {
    if let guidanceScale { try Check.range("--guidance-scale", guidanceScale, 0...100) }
  }

  /// The scale that was given, or the model's own.
  public func value(_ run: InspectorRun, default own: Double) -> Double {
    run.settled("guidance-scale", guidanceScale, default: own)
  }
}

/// `--sampler`.
public struct SamplerOption: ParsableArguments {
  private static let names = SamplerName.allCases.map(\.rawValue)

  /// A sampler's name as typed; nil for the model's own. `name` is the sampler itself.
  @Option(
    help: ArgumentHelp(
      "The sampler that walks from noise to picture: \(Self.names.joined(separator: ", ")). (default: what the model's scheduler file names; ddim for the bundled model)",
      valueName: "name"))
  public var sampler: String?

  /// The option as it is before a command line is parsed.
  public init() {}
  /// Checks that there is such a sampler.
  /// - Throws: `ValidationError`, which lists the names.
  public mutating func validate() throws {
    if let sampler { try Check.name("--sampler", sampler, oneOf: Self.names) }
  }

  /// The sampler that was given; nil for the model's own.
  public var name: SamplerName? { sampler.flatMap(SamplerName.init(rawValue:)) }

  /// The sampler that was given, or the model's own; nil where that has no name here.
  public func value(_ run: InspectorRun, default own: SamplerName?) -> SamplerName? {
    run.settled("sampler", name, ifAny: own)
  }
}

/// `--tensors`.
public struct TensorsOption: ParsableArguments {
  /// Whether the run also writes `tensors.safetensors`.
  @Flag(help: "Also write the arrays behind the pictures, as tensors.safetensors.")
  public var tensors = false

  /// The option as it is before a command line is parsed.
  public init() {}
}
