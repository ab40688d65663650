import Commands
import Foundation
import LatentDiffusion
import Networks
import Storybook
import Tensors
import TestSupport
import Testing
import TrainDiffusion

@Suite("Conditions: words, classes, joined channels") struct ConditionTests {
  @Test(
    "each trains, and what it writes holds the parts that it has",
    arguments: [
      ("none", false), ("class", false), ("layout", false), ("mask", true),
      ("low-resolution", true), ("semantic-map", true),
    ])
  func trains(condition: String, listens: Bool) throws {
    try withTemporaryFolder { folder in
      let result = try TrainDiffusionCommand.run([
        "--condition", condition, "--pixels", "--size", "32", "--steps", "2", "--batch", "2",
        "--scenes", "3", "--output", folder.path + "/run", "--quiet",
      ])
      func isThere(_ name: String) -> Bool {
        FileManager.default.fileExists(atPath: result.folder + "/" + name)
      }
      #expect(isThere("model/unet/diffusion_pytorch_model.safetensors"))
      #expect(isThere("model/text_encoder/model.safetensors") == listens)
      #expect(isThere("model/bert/model.safetensors") == (condition == "layout"))
      #expect(isThere("images/samples-000002.png"))
    }
  }

  @Test("a trained model that learns a condition begins by drawing what it drew")
  func warmStart() throws {
    let path = try Shipped.path("fixtures/model")
    let source = try LatentDiffusionModel(opening: path)
    let model = try TrainingModel(
      .mask, from: source, imageSize: 128, tokenizer: path + "/tokenizer", seed: 1)
    let generator = TorchGenerator(seed: 2)
    let (z, joined) = (generator.normal([1, 4, 16, 16]), generator.normal([1, 5, 16, 16]))
    let context = source.textEncoder([source.tokenizer.tokenize("a red boat").ids])
    let plain = source.unet(z, timesteps: [500], context: context)
    let asked = model.unet(
      .concatenated([z, joined], along: 1), timesteps: [500], context: context)
    #expect(asked.maxAbsDifference(from: plain) < 1e-5)
    #expect(plain.maxAbs > 0.5)
    #expect(throws: ModelError.self) {
      let whole = try LatentDiffusionModel(
        origin: "nine channels", tokenizer: source.tokenizer, textEncoder: source.textEncoder,
        unet: model.unet, firstStage: source.firstStage, scheduler: source.schedulerFile)
      _ = try TrainingModel(
        .lowResolution, from: whole, imageSize: 128, tokenizer: path + "/tokenizer", seed: 1)
    }
  }

  @Test("a layout's encoder begins by telling a class of the sides of its own box, near ones alike")
  func layoutStart() throws {
    var architecture = LDMBertConfiguration()
    (architecture.vocabularySize, architecture.positions) = (
      LayoutVocabulary.size, LayoutVocabulary.length
    )
    (architecture.width, architecture.innerWidth, architecture.layers) = (96, 96, 1)
    (architecture.heads, architecture.headWidth) = (4, 24)
    let encoder = try LDMBertModel(architecture, seed: 3)
    /// How far the first token moves when a box's right side does.
    func change(of box: Int, to right: Float) -> Double {
      func state(_ rights: [Float]) -> Tensor {
        let boxes = zip([BoxClass.boat, .tree], rights).map {
          SceneBox($0, left: 0.1, top: 0.4, right: $1, bottom: 0.9)
        }
        return encoder([LayoutVocabulary.tokens(boxes)]).reshaped([LayoutVocabulary.length, 96])
          .rows(0..<1)
      }
      var rights: [Float] = [0.5, 0.5]
      rights[box] = right
      return (state(rights) - state([0.5, 0.5])).norm
    }
    encoder.beginWithBoxes()
    let own = change(of: 0, to: 1)
    #expect(own > 4 * change(of: 1, to: 1))
    #expect(change(of: 0, to: 0.53) < 0.8 * own)
  }

  @Test("a model that has learned a condition learns on", arguments: ["class", "mask"])
  func learnsOn(condition: String) throws {
    try withTemporaryFolder { folder in
      func train(from model: String, to name: String) throws -> String {
        try TrainDiffusionCommand.run([
          "--from", model, "--condition", condition, "--steps", "1", "--batch", "1", "--scenes",
          "2", "--learning-rate", "1e-7", "--output", folder.path + "/" + name, "--quiet",
        ]).folder + "/model"
      }
      let first = try train(from: Shipped.path("fixtures/model"), to: "first")
      let second = try train(from: first, to: "second")
      let (a, b) = try (
        LatentDiffusionModel(opening: first, anyCondition: true),
        LatentDiffusionModel(opening: second, anyCondition: true)
      )
      for (one, other) in zip(a.unet.parameters, b.unet.parameters) {
        #expect(one.value.maxAbsDifference(from: other.value) < 1e-3, "\(one.name)")
      }
      #expect((a.unet.configuration.classCount == 7) == (condition == "class"))
    }
  }

  @Test("weights of the noise's error are for the noise alone") func boundOfOthers() {
    #expect(throws: (any Error).self) {
      try TrainDiffusionCommand.run(["--loss", "bound", "--prediction", "v_prediction"])
    }
  }

  @Test("--from brings its own autoencoder") func twoWays() {
    #expect(throws: (any Error).self) {
      try TrainDiffusionCommand.run(["--from", "fixtures/model", "--pixels"])
    }
  }

  @Test("a name that is none is refused")
  func unknown() {
    #expect(throws: (any Error).self) {
      try TrainDiffusionCommand.run(["--condition", "smell"])
    }
  }
}
