import Checkpoints
import Foundation
import LatentDiffusion
import Networks
import Tensors

/// The networks of Stable Diffusion v1 with random weights, and what goes into them: one folder for
/// all engines.
enum FullSize {
  /// A network and the input of one pass.
  enum Part: String, CaseIterable {
    case unet
    /// The two halves of a guided step.
    case pairOfUNets = "unet-2"
    case encoder, decoder, text

    var folder: String {
      switch self {
      case .unet, .pairOfUNets: "unet"
      case .encoder, .decoder: "vae"
      case .text: "text_encoder"
      }
    }

    fileprivate var input: [String: Tensor] {
      let generator = TorchGenerator(seed: 2)
      return switch self {
      case .unet, .pairOfUNets:
        [
          "sample": generator.normal([batch, 4, 64, 64]),
          "timesteps": Tensor([batch], repeating: 981),
          "context": generator.normal([batch, 77, 768]),
        ]
      case .encoder: ["image": generator.normal([1, 3, 512, 512]).scaled(by: 0.3)]
      case .decoder: ["latent": generator.normal([1, 4, 64, 64])]
      case .text: ["ids": Tensor([1, 77]) { for i in $0.indices { $0[i] = Float(600 * i) } }]
      }
    }

    private var batch: Int { self == .pairOfUNets ? 2 : 1 }
  }

  /// Writes what is not there yet, in float16.
  static func write(to folder: String) throws {
    let files = FileManager.default
    try files.createDirectory(atPath: folder, withIntermediateDirectories: true)
    for part in Part.allCases {
      let place = "\(folder)/\(part.folder)"
      if !files.fileExists(atPath: place) {
        try network(part).write(to: place, as: .float16)
      }
      let input = "\(folder)/\(part.rawValue).safetensors"
      if !files.fileExists(atPath: input) { try SafetensorsFile.write(part.input, to: input) }
    }
  }

  private static func network(_ part: Part) throws -> ModelFiles {
    var model = ModelFiles(path: "Stable Diffusion v1 with random weights")
    switch part {
    case .unet, .pairOfUNets:
      var unet = UNetConfiguration()
      unet.sampleSize = [64, 64]
      model.unet = ModelComponent(try UNet2DConditionModel(unet, seed: 1))
    case .encoder, .decoder:
      model.autoencoder = ModelComponent(
        try AutoencoderKL(AutoencoderKLConfiguration(), seed: 1))
    case .text:
      model.textEncoder = ModelComponent(try CLIPTextModel(CLIPTextConfiguration(), seed: 1))
    }
    return model
  }
}
