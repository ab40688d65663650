import Checkpoints
import Foundation
import Imaging
import JSON
import LatentDiffusion
import Networks
import Storybook
import Tensors
import TestSupport
import Training
import VAECompression

/// Small models and pictures for these tests.
enum Examples {
  static let scene = Repository.path("fixtures/images/scene.png")

  static let network: SceneClassifier = {
    do {
      return try SceneClassifier(folder: Repository.path("fixtures/classifiers/perceptual"))
    } catch { preconditionFailure("the shipped classifier: \(error)") }
  }()

  static func architecture(factor: Int) -> AutoencoderArchitecture {
    var architecture = AutoencoderArchitecture()
    let levels = factor.trailingZeroBitCount + 1
    architecture.blockOutChannels = Array(repeating: 8, count: levels)
    architecture.encoderAttention = Array(repeating: false, count: levels)
    architecture.decoderAttention = architecture.encoderAttention
    architecture.layersPerBlock = 1
    architecture.normGroups = 4
    architecture.latentChannels = 4
    return architecture
  }

  /// An untrained model of the kind and f, a power of two.
  static func model(_ kind: LatentRegularization, factor: Int) throws -> ComparedModel {
    let autoencoder: any Autoencoder
    switch kind {
    case .kl:
      var configuration = AutoencoderKLConfiguration()
      configuration.architecture = architecture(factor: factor)
      autoencoder = try AutoencoderKL(configuration, seed: 5)
    case .vq:
      var configuration = VQModelConfiguration()
      configuration.architecture = architecture(factor: factor)
      configuration.codebookSize = 16
      autoencoder = try VQModel(configuration, seed: 5)
    }
    return ComparedModel(
      name: "\(kind.rawValue)-\(factor)", stage: .autoencoder(autoencoder), isTrained: false,
      isShipped: false)
  }

  /// Writes such a model as diffusers does, marked as untrained.
  static func write(_ model: ComparedModel, to folder: URL) throws -> String {
    var files = ModelFiles(path: "memory")
    files.autoencoder = model.stage.component
    let path = folder.appendingPathComponent(model.name).path
    try files.write(to: path)
    let configuration = path + "/config.json"
    guard case .object(var settings) = try JSONNode(contentsOf: configuration).value else {
      return path
    }
    settings[ModelFiles.untrainedMark] = .bool(true)
    try JSONValue.object(settings).serialized.write(
      toFile: configuration, atomically: true, encoding: .utf8)
    return path
  }

  static func picture(_ height: Int, _ width: Int, seed: UInt64 = 11) -> Tensor {
    let coarse = TorchGenerator(seed: seed).uniform([1, 3, 6, 6]).scaled(by: 2, plus: -1)
    return coarse.resized(height: height, width: width).clamped(to: -1...1)
  }
}
