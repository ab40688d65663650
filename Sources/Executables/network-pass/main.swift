// One forward pass of a network in a diffusers folder, with its time and the process's peak memory:
// what `full_size.py` beside this file compares with diffusers.

import ArgumentParser
import Checkpoints
import Commands
import Foundation
import JSON
import Networks
import Records
import Tensors

struct NetworkPass: ToolCommand {
  static let configuration = CommandConfiguration(
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
  @OptionGroup var threadsOption: ThreadsOption

  mutating func validate() throws { try Check.range("--runs", runs, 1...1_000_000) }

  func work() throws {
    threadsOption.apply()
    let clock = ContinuousClock()
    let start = clock.now
    let node = try JSONNode(ofModel: "\(folder)/config.json")
    let file = (try? FileManager.default.contentsOfDirectory(atPath: folder))?
      .first { $0.hasSuffix(".safetensors") }
    let weights = try SafetensorsFile("\(folder)/\(file ?? "model.safetensors")")
    let compute = try network(node, weights, SafetensorsFile(input))
    report("opened", (clock.now - start) / .seconds(1))

    var results: [String: Tensor] = [:]
    for _ in 0..<runs {
      let begin = clock.now
      results = try compute(ForwardPass(precision: precisionOption.choice))
      report("seconds", (clock.now - begin) / .seconds(1))
    }
    report("peak", Double(PeakMemory.ofProcess) / 1_048_576)
    if layers { try listLayers(compute) }
    try SafetensorsFile.write(results, to: output)
  }

  private typealias Computation = (ForwardPass) throws -> [String: Tensor]

  private func network(
    _ node: JSONNode, _ weights: some WeightSource, _ input: some WeightSource
  ) throws -> Computation {
    switch try node.find("_class_name")?.string() {
    case UNetConfiguration.className:
      let model = try UNet2DConditionModel(UNetConfiguration(node), weights: weights)
      let (sample, context) = (
        try input.tensor(named: "sample"), try input.tensor(named: "context")
      )
      let timesteps = try input.tensor(named: "timesteps").elements
      return { ["output": model(sample, timesteps: timesteps, context: context, $0)] }
    case AutoencoderKLConfiguration.className:
      let model = try AutoencoderKL(AutoencoderKLConfiguration(node), weights: weights)
      let image = try input.names.contains("image") ? input.tensor(named: "image") : nil
      // Without a picture there must be a latent.
      let latent =
        try image == nil || input.names.contains("latent") ? input.tensor(named: "latent") : nil
      return { pass in
        var results: [String: Tensor] = [:]
        if let image { results["moments"] = model.encode(image, pass).parameters }
        if let latent { results["decoded"] = model.decode(latent, pass) }
        return results
      }
    default:
      let model = try CLIPTextModel(CLIPTextConfiguration(node), weights: weights)
      let ids = try input.tensor(named: "ids")
      let rows = (0..<ids.shape[0]).map { ids.rows($0..<$0 + 1).elements.map { Int($0) } }
      return { ["output": model(rows, $0)] }
    }
  }

  private func listLayers(_ compute: Computation) throws {
    let probe = RecordingProbe()
    _ = try compute(ForwardPass(probe: probe, precision: precisionOption.choice))
    let operations = Dictionary(grouping: probe.layers.filter(\.kind.isOperation), by: \.kind)
    for (kind, layers) in operations.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
      let flops = layers.reduce(0) { $0 + $1.flops }
      let seconds = layers.reduce(0) { $0 + $1.seconds }
      print(kind.rawValue, layers.count, flops, String(format: "%.3f", seconds))
    }
  }

  private func report(_ label: String, _ value: Double) {
    print(label, String(format: "%.3f", value))
  }
}

NetworkPass.start()
