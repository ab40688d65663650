import Checkpoints
import Evaluation
import Foundation
import JSON
import Networks
import Testing
import TestSupport
import TrainAutoencoder
import Training

/// The autoencoders under `fixtures/autoencoders`.
@Suite("The shipped autoencoders") struct ShippedAutoencodersTests {
  private static let folder = Repository.path("fixtures/autoencoders")
  static let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
    .filter { $0.hasPrefix("kl-f") || $0.hasPrefix("vq-f") }.sorted()

  @Test("each is as good as its record says, in float16", arguments: names)
  func quality(name: String) throws {
    let path = "\(Self.folder)/\(name)"
    let record = try JSONNode(contentsOf: path + "/training.json")
    let network = try Self.open(path)
    let quality = FirstStageEvaluation.result { network.reconstruct($0) }
    for (key, found) in [("scenes", quality.scenes), ("textures", quality.textures)] {
      #expect(abs(found.meanPSNR - (try record["psnr"][key].number())) < 0.01)
      #expect(abs(found.meanSSIM - (try record["ssim"][key].number())) < 0.001)
    }
    #expect(try record["parameters"].integer(in: 0...1 << 30) == network.parameterCount)
  }

  @Test("the narrower the place, the less comes back", arguments: ["kl", "vq"])
  func order(kind: String) throws {
    for pictures in ["scenes", "textures"] {
      let psnr = try AutoencoderZoo.factors.filter { Self.names.contains("\(kind)-f\($0)") }
        .map { factor in
          try JSONNode(contentsOf: "\(Self.folder)/\(kind)-f\(factor)/training.json")["psnr"][
            pictures
          ].number()
        }
      #expect(zip(psnr, psnr.dropFirst()).allSatisfy { $0 > $1 }, "\(pictures): \(psnr)")
    }
  }

  @Test("the one that the shipped model diffuses in brings scenes back well")
  func firstStage() throws {
    let record = try JSONNode(contentsOf: "\(Self.folder)/kl-f8/training.json")
    #expect(try record["psnr"]["scenes"].number() > 27)
  }

  private static func open(_ path: String) throws -> any Autoencoder {
    let part = try #require(try ModelFiles.open(path).autoencoder)
    return part.className == "AutoencoderKL" ? try AutoencoderKL(part) : try VQModel(part)
  }
}
