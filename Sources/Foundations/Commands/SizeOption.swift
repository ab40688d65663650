import ArgumentParser

/// `--negative-prompt`.
public struct NegativePromptOption: ParsableArguments {
  /// What the picture should not show; empty for nothing.
  @Option(
    help: ArgumentHelp(
      "What the picture should not show. (default: nothing is named)", valueName: "text"))
  public var negativePrompt = ""

  /// The option as it is before a command line is parsed.
  public init() {}
}

/// `--width` and `--height` of a picture that a model draws.
public struct SizeOption: ParsableArguments {
  /// In pixels; nil for the model's own.
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Width of the picture, a multiple of the model's f. (default: what the model was trained on)",
      valueName: "px"))
  public var width: Int?

  /// In pixels; nil for the model's own.
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Height of the picture, likewise. (default: what the model was trained on)", valueName: "px"))
  public var height: Int?

  /// The options as they are before a command line is parsed.
  public init() {}

  /// Checks both, before any work.
  /// - Parameter most: the longest side that is drawn, in pixels.
  /// - Throws: `ValidationError`, which names the option.
  public func check(upTo most: Int) throws {
    for (option, value) in [("--width", width), ("--height", height)] {
      if let value { try Check.range(option, value, 1...most) }
    }
  }

  /// What was given, or the usual size, noted as the run's.
  public func value(
    _ run: InspectorRun, default usual: (height: Int, width: Int)
  ) -> (height: Int, width: Int) {
    (
      height: run.settled("height", height, default: usual.height),
      width: run.settled("width", width, default: usual.width)
    )
  }
}
