import ArgumentParser
import Checkpoints

/// `--vae` and `--ema`: which weights a model is put together from.
public struct ModelPartsOption: ParsableArguments {
  /// The folder or file of an autoencoder, as typed; nil for the model's own.
  @Option(
    help: ArgumentHelp(
      """
      Another first stage than the model's own: the folder of an autoencoder or of a model that has one, \
      or a .ckpt, .safetensors or .gguf file; AutoencoderKL, VQModel or AutoencoderTiny (TAESD). (default: the \
      model's own)
      """, valueName: "path"))
  public var vae: String?

  /// Whether averages are read.
  @Flag(
    help:
      "Of a .ckpt that keeps both, take the averages of the U-Net's weights over training (model_ema) rather than its last weights."
  )
  public var ema = false

  /// The options as they are before a command line is parsed.
  public init() {}

  /// Refuses an empty name, as a shell variable that is not set leaves it.
  /// - Throws: `ValidationError`, which names the option.
  public mutating func validate() throws { try Check.path("--vae", vae) }

  /// Which weights of a checkpoint are read.
  public var weights: ModelFiles.WeightChoice { ema ? .movingAverage : .standard }
}

/// `--clip-skip`.
public struct ClipSkipOption: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      """
      How many of the text encoder's last layers the prompt does not pass; its final norm it always \
      does. This counts as diffusers does: A1111's "Clip skip 2" is 1 here. As there, the negative \
      prompt passes all layers unless --prompt-weights or --long-prompts chunks reads both as A1111 \
      and compel do.
      """, valueName: "n"))
  var clipSkip = 0

  /// The option as it is before a command line is parsed.
  public init() {}

  /// Checks the range, as far as it is known before a model is open.
  /// - Throws: `ValidationError`, which names the option.
  public mutating func validate() throws { try Check.range("--clip-skip", clipSkip, 0...1024) }

  /// How many layers are skipped.
  public var layers: Int { clipSkip }
}
