import Evaluation
import Foundation
import Imaging
import LatentDiffusion
import Tensors
import TestSupport
import Testing
import VAECompression

/// The bundled autoencoders, as far as they are there.
enum Zoo {
  static let kinds = ["kl", "vq"]
  static let factors = [2, 4, 8, 16, 32]
  static let pictures = ["scene", "dead-leaves", "chart"]

  /// Shipped models that block PCA with as many values beats on scenes. A name stands here only as
  /// long as that is so: the test fails when the model is better than its entry says.
  static let behindPCA: Set<String> = ["vq-f32"]
  /// Pictures on which a model comes nearer than one of the same kind with a smaller f, as
  /// "model on picture"; under the same rule.
  static let rising: Set<String> = []

  static func models(_ kind: String) throws -> [ComparedModel] {
    try factors.map { (name: "\(kind)-f\($0)", path: path("\(kind)-f\($0)")) }
      .filter { FileManager.default.fileExists(atPath: $0.path + "/config.json") }
      .map { name, path in
        ComparedModel(
          name: name, stage: try FirstStage(opening: path), isTrained: true, isShipped: true)
      }
  }

  private static func path(_ name: String) -> String {
    Repository.path("fixtures/autoencoders/\(name)")
  }
}

@Suite("The zoo of autoencoders") struct ZooTests {
  @Test("each has the f and the kind that its name says, and the shipped model's is among them")
  func names() throws {
    let models = try Zoo.kinds.flatMap(Zoo.models)
    for model in models {
      #expect(model.name == "\(model.kind)-f\(model.factor)")
    }
    #expect(models.contains { $0.name == "kl-f8" })
  }

  @Test(
    "PSNR falls from each bundled f to the next on every picture",
    arguments: Zoo.kinds, Zoo.pictures)
  func falls(kind: String, name: String) throws {
    let picture = try PictureFile.read(Repository.path("fixtures/images/\(name).png")).tensor()
    let found = try Zoo.models(kind).map { model in
      let back = model.decode(
        model.encode(picture).mean, height: picture.shape[2], width: picture.shape[3])
      return (name: model.name, psnr: ImageMetrics.psnr(picture, back.asStored))
    }
    for (finer, coarser) in zip(found, found.dropFirst()) {
      let isKnown = Zoo.rising.contains("\(coarser.name) on \(name)")
      #expect((coarser.psnr < finer.psnr) != isKnown, "\(finer), \(coarser) on \(name)")
    }
  }

  @Test("each beats block PCA with as many values on scenes that no training met")
  func beatsPCA() throws {
    let lessons = PCALessons.pictures()
    let scenes = ScenesExperiment(
      try Zoo.kinds.flatMap(Zoo.models),
      analysis: {
        BlockPCA(learningFrom: lessons, factor: $0.factor, components: $0.channels)
      }, scenes: FirstStageEvaluation.scenes(), textures: FirstStageEvaluation.textures(1))
    for row in scenes.rows {
      let isKnown = Zoo.behindPCA.contains(row.model.name)
      #expect((row.gain > 0) != isKnown, "\(row.model.name) is ahead by \(row.gain) dB")
    }
  }
}
