import Foundation
import Imaging
import LatentDiffusion
import Tensors
import TestSupport
import Testing
import VAECompression

/// The autoencoders that come along.
enum Zoo {
  static func path(_ kind: String, _ factor: Int) -> String {
    Repository.path("fixtures/autoencoders/\(kind)-f\(factor)")
  }

  static var isComplete: Bool {
    ["kl", "vq"].allSatisfy { kind in
      [2, 4, 8, 16, 32].allSatisfy { factor in
        FileManager.default.fileExists(atPath: path(kind, factor) + "/config.json")
      }
    }
  }

  static func models(_ kind: String) throws -> [ComparedModel] {
    try [2, 4, 8, 16, 32].map { factor in
      ComparedModel(
        name: "\(kind)-f\(factor)", stage: try FirstStage(opening: path(kind, factor)),
        isTrained: true, isShipped: true)
    }
  }
}

@Suite("The zoo of autoencoders", .enabled(if: Zoo.isComplete)) struct ZooTests {
  @Test(
    "PSNR falls from each f to the next on every picture that comes along",
    arguments: ["kl", "vq"], ["scene", "dead-leaves", "chart"])
  func falls(kind: String, name: String) throws {
    let picture = try PNG.readTensor(Repository.path("fixtures/images/\(name).png"))
    let psnr = try Zoo.models(kind).map { model in
      let back = model.decode(
        model.encode(picture).values, height: picture.shape[2], width: picture.shape[3])
      return ImageMetrics.psnr(picture, back.asStored)
    }
    for (finer, coarser) in zip(psnr, psnr.dropFirst()) { #expect(coarser < finer, "\(psnr)") }
  }

  @Test("each beats block PCA with as many values on scenes that no training met")
  func beatsPCA() throws {
    let models = try Zoo.models("kl") + Zoo.models("vq")
    let lessons = PCALessons.pictures()
    let pictures = ScenesExperiment.pictures(scenes: 6, textures: 2)
    let scenes = ScenesExperiment(
      models,
      analysis: {
        BlockPCA(learningFrom: lessons, factor: $0.factor, components: $0.channels)
      }, scenes: pictures.scenes, textures: pictures.textures)
    for row in scenes.rows { #expect(row.gain > 0, "\(row.model.name): \(row.gain)") }
  }
}
