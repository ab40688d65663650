import ArgumentParser
import Checkpoints
import Commands
import Foundation
import Networks
import Records
import Tensors

/// `network-pass`: one forward pass of a network in a diffusers folder, with its time and the process's peak
/// memory; `full_size.py` compares it with diffusers.
public struct NetworkPassCommand: ToolCommand {
  public static let configuration = CommandConfiguration(
    commandName: "network-pass",
    abstract: "Run one network of a model folder on given tensors.",
    discussion: """
      The input is a safetensors file: `sample`, `timesteps`, `context` for a U-Net; `image`, `latent` or \
      both for an autoencoder; `ids` for a text encoder.

      Example: network-pass fixtures/model/unet input.safetensors output.safetensors --layers
      """, version: Versions.line)

  @Argument(help: "A folder with config.json and the weights as one safetensors file.")
  var folder: String

  @Argument(help: "The input, a safetensors file.")
  var input: String

  @Argument(help: "Where the outputs are written, as safetensors.")
  var output: String

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "How many times to compute the same pass; the last is kept.", valueName: "n"))
  var runs = 1

  @Flag(help: "Also list the layers: FLOPs and time of each kind.")
  var layers = false

  @OptionGroup var precisionOption: PrecisionOption
  @OptionGroup var memoryOption: MemoryOption
  @OptionGroup var threadsOption: ThreadsOption

  public init() {}

  public mutating func validate() throws { try Check.range("--runs", runs, 1...1_000_000) }

  public func work() throws {
    threadsOption.apply()
    let (source, target) = (place(input), place(output))
    guard source != target else {
      throw ValidationError("<output>: expected another file than the input, found \(output)")
    }
    try SafetensorsFile.requireWritable(output)
    let clock = ContinuousClock()
    let start = clock.now
    let pass = try NetworkPass(of: folder, on: SafetensorsFile(input))
    report("opened", (clock.now - start) / .seconds(1))

    var results: [String: Tensor] = [:]
    let keepsWeights = memoryOption.choice(for: pass.parameters, passes: runs) == .fast
    let weightMemory = keepsWeights ? WeightMemory() : nil
    for _ in 0..<runs {
      let begin = clock.now
      results = pass.compute(
        ForwardPass(weightMemory: weightMemory, precision: precisionOption.choice))
      report("seconds", (clock.now - begin) / .seconds(1))
    }
    report("peak", Double(PeakMemory.ofProcess) / 1_048_576)
    if layers {
      for cost in pass.costs(precisionOption.choice) {
        print(cost.kind, cost.layers, cost.flops, String(format: "%.3f", cost.seconds))
      }
    }
    try SafetensorsFile.write(results, to: output)
  }

  private func place(_ path: String) -> URL {
    URL(fileURLWithPath: path).standardizedFileURL.resolvingSymlinksInPath()
  }

  private func report(_ label: String, _ value: Double) {
    print(label, String(format: "%.3f", value))
  }
}
