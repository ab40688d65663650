import Checkpoints
import JSON
import LatentDiffusion
import Networks
import Tensors
import TestSupport

/// Models and requests that several suites use.
enum Models {
  static let goldenFolder = Repository.path("fixtures/golden/pipeline")

  static func vocabulary() throws -> CLIPTokenizer {
    try CLIPTokenizer(folder: Repository.path("fixtures/vocabulary"))
  }

  /// The tiny random pipeline: f = 8, 48×48 pictures.
  static func golden() throws -> LatentDiffusionModel {
    try LatentDiffusionModel(opening: goldenFolder)
  }

  /// The same with a U-Net that sees a mask and a masked picture.
  static func inpainting(_ weights: Tensor? = nil) throws -> LatentDiffusionModel {
    let model = try golden()
    var configuration = model.unet.configuration
    configuration.inChannels = 9
    var table = Dictionary(
      uniqueKeysWithValues: model.unet.parameters.map { ($0.name, $0.value) })
    let known = table["conv_in.weight"]
    table["conv_in.weight"] =
      weights
      ?? known.map { .concatenated([$0, $0, $0.slice(0..<1, along: 1)], along: 1) }
    return try model.replacing(
      unet: UNet2DConditionModel(configuration, weights: WeightTable(table)))
  }

  /// A request of a few steps.
  static func request(_ change: (inout GenerationRequest) -> Void = { _ in }) -> GenerationRequest {
    var request = GenerationRequest(prompt: "a red boat on the sea")
    request.steps = 4
    request.sampler = .ddim
    change(&request)
    return request
  }

  /// A picture of 48×48, and a mask with the left half white.
  static let picture = TorchGenerator(seed: 5).uniform([1, 3, 48, 48]).scaled(by: 2, plus: -1)
  static let mask = Tensor([1, 1, 48, 48]) { out in
    for i in 0..<out.count { out[i] = i % 48 < 24 ? 1 : 0 }
  }
}

extension LatentDiffusionModel {
  /// The model with another part or other scheduler settings.
  func replacing(
    unet: UNet2DConditionModel? = nil, firstStage: FirstStage? = nil,
    scheduler changes: [String: JSONValue] = [:]
  ) throws -> LatentDiffusionModel {
    guard
      case .object(var settings) = try JSONNode(
        contentsOf: Models.goldenFolder + "/scheduler/scheduler_config.json"
      ).value
    else { return self }
    settings.merge(changes) { $1 }
    return try LatentDiffusionModel(
      origin: origin, tokenizer: tokenizer, textEncoder: textEncoder, unet: unet ?? self.unet,
      firstStage: firstStage ?? self.firstStage,
      scheduler: JSONNode(.object(settings), file: "changed scheduler"), isTrained: isTrained)
  }
}
