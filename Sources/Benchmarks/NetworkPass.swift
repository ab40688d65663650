import Checkpoints
import Foundation
import JSON
import Networks
import Tensors

/// One network of a diffusers folder with what goes into it.
package struct NetworkPass {
  /// Makes the pass: what comes out, by name.
  package let compute: (ForwardPass) -> [String: Tensor]

  /// The network's.
  package let parameters: [Parameter]

  /// What the layers of one kind cost in a pass.
  package struct Cost {
    package let kind: String
    package let layers: Int
    /// Multiplications and additions of the definition.
    package let flops: Int
    package let seconds: Double
  }

  /// - Parameters:
  ///   - folder: with `config.json` and the weights as one safetensors file.
  ///   - input: `sample`, `timesteps` and `context` for a U-Net, `image`, `latent` or both for an autoencoder,
  ///     `ids` for a text encoder.
  /// - Throws: `FileError`, `JSONError`, or `CheckpointError` for weights or inputs that are not there.
  package init(of folder: String, on input: some WeightSource) throws {
    let node = try JSONNode(ofModel: "\(folder)/config.json")
    let file = (try? FileManager.default.contentsOfDirectory(atPath: folder))?
      .first { $0.hasSuffix(".safetensors") }
    let weights = try SafetensorsFile("\(folder)/\(file ?? "model.safetensors")")
    switch try node.find("_class_name")?.string() {
    case UNetConfiguration.className:
      let model = try UNet2DConditionModel(UNetConfiguration(node), weights: weights)
      let (sample, context) = (
        try input.tensor(named: "sample"), try input.tensor(named: "context")
      )
      let timesteps = try input.tensor(named: "timesteps").elements
      parameters = model.parameters
      compute = { ["output": model(sample, timesteps: timesteps, context: context, $0)] }
    case AutoencoderKLConfiguration.className:
      let model = try AutoencoderKL(AutoencoderKLConfiguration(node), weights: weights)
      parameters = model.parameters
      let image = try input.names.contains("image") ? input.tensor(named: "image") : nil
      // Without a picture there must be a latent.
      let latent =
        try image == nil || input.names.contains("latent") ? input.tensor(named: "latent") : nil
      compute = { pass in
        var results: [String: Tensor] = [:]
        if let image { results["moments"] = model.encode(image, pass).parameters }
        if let latent { results["decoded"] = model.decode(latent, pass) }
        return results
      }
    default:
      let model = try CLIPTextModel(CLIPTextConfiguration(node), weights: weights)
      parameters = model.parameters
      let ids = try input.tensor(named: "ids")
      let rows = (0..<ids.shape[0]).map { ids.rows($0..<$0 + 1).elements.map { Int($0) } }
      compute = { ["output": model(rows, $0)] }
    }
  }

  /// What each kind of layer costs in one more pass, in the order of their names.
  package func costs(_ precision: Precision) -> [Cost] {
    let probe = RecordingProbe()
    _ = compute(ForwardPass(probe: probe, precision: precision))
    let operations = Dictionary(grouping: probe.layers.filter(\.kind.isOperation), by: \.kind)
    return operations.sorted { $0.key.rawValue < $1.key.rawValue }.map { kind, layers in
      Cost(
        kind: kind.rawValue, layers: layers.count, flops: layers.reduce(0) { $0 + $1.flops },
        seconds: layers.reduce(0) { $0 + $1.seconds })
    }
  }
}
