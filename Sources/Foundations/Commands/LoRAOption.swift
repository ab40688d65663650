import ArgumentParser
import Checkpoints

/// `--lora`, which may be repeated.
public struct LoRAOption: ParsableArguments {
  /// The largest magnitude of a scale.
  private static let strongest = 100.0

  @Option(
    parsing: .singleValue,
    help: ArgumentHelp(
      """
      A LoRA, LoCon, LoHa or LoKr to add to the model: a file of kohya's scripts, LyCORIS, diffusers or \
      peft (.safetensors, .pt, .bin), or a folder of peft, and how much of it: 1 as it was trained, negative for the opposite. \
      Repeated, all are added. (default: none; scale 1)
      """, valueName: "file[=scale]"),
    transform: Self.choice)
  var lora: [LoRAChoice] = []

  /// The option as it is before a command line is parsed.
  public init() {}

  /// What was given, in order.
  public var choices: [LoRAChoice] { lora }

  private static func choice(_ text: String) throws -> LoRAChoice {
    let (path, given) = try Values.file(text, with: "scale") { end in
      if let number = try? Values.number(end) { return number }
      guard end.contains(where: { "./".contains($0) }) else {
        throw ValidationError("expected a number behind '=', found '\(end)'")
      }
      return nil
    }
    let scale = given ?? 1
    guard abs(scale) <= strongest else {
      throw ValidationError(
        "expected a scale from -\(Values.text(strongest)) to \(Values.text(strongest)), found "
          + (scale.isFinite ? Values.text(scale) : "\(scale)"))
    }
    return LoRAChoice(path, scale: scale)
  }
}
