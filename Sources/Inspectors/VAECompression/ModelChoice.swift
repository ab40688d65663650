import Checkpoints
import Commands
import Evaluation
import Foundation
import LatentDiffusion
import Networks
import Training

/// Which models are compared: the bundled zoo, and the person's own.
enum ModelChoice {
  static let factors = [1] + AutoencoderZoo.factors

  /// All of them, by f; pixel space first where it is asked for.
  /// - Parameters:
  ///   - asked: which f of the zoo; nil for all that are there.
  ///   - paths: the person's own.
  ///   - variant: which weights of their folders (`fp16`).
  ///   - digest: the SHA-256 digest of a file that has been opened.
  /// - Throws: `FileError`, `CheckpointError`, `ModelError` or `CompressionError`.
  static func open(
    factors asked: [Int]?, paths: [String], variant: String? = nil, digest: (String) -> String?
  ) throws -> [ComparedModel] {
    let factors = asked ?? Self.factors
    let zoo = try zoo(factors.filter { $0 > 1 }, digest)
    if let missing = asked?.first(where: { f in f > 1 && !zoo.contains { $0.factor == f } }) {
      throw CompressionError.absent(factor: missing)
    }
    var models = (factors.contains(1) ? [ComparedModel.pixels] : []) + zoo
    for path in paths {
      let stage = try FirstStage(opening: path, variant: variant)
      guard stage.imageChannels == 3 else {
        throw CompressionError.channels(model: path, found: stage.imageChannels)
      }
      guard stage.downsamplingFactor <= CompressionError.largestFactor else {
        throw CompressionError.factor(model: path, found: stage.downsamplingFactor)
      }
      models.append(
        ComparedModel(
          name: name(for: path, among: models), stage: stage,
          isTrained: try !ModelFiles.isMarkedUntrained(path), isShipped: false))
    }
    return models.enumerated().sorted {
      ($0.element.factor, $0.offset) < ($1.element.factor, $1.offset)
    }.map(\.element)
  }

  /// The zoo as far as it is there. Where nothing of it is, the same architectures untrained: shapes,
  /// costs and mechanics are then real, and everything is stamped.
  private static func zoo(
    _ factors: [Int], _ digest: (String) -> String?
  ) throws -> [ComparedModel] {
    func name(_ kind: LatentRegularization, _ factor: Int) -> String {
      "\(kind.rawValue)-f\(factor)"
    }
    let members = factors.flatMap { factor in LatentRegularization.allCases.map { ($0, factor) } }
    let shipped = try members.compactMap { kind, factor -> ComparedModel? in
      let name = name(kind, factor)
      guard let folder = try? Shipped.path("fixtures/autoencoders/\(name)") else { return nil }
      return ComparedModel(
        name: name, stage: try FirstStage(opening: folder), isTrained: true, isShipped: true,
        weightsDigest: digest(folder + "/diffusion_pytorch_model.safetensors") ?? "")
    }
    guard shipped.isEmpty, (try? Shipped.path("fixtures/autoencoders")) == nil else {
      return shipped
    }
    return try members.map { kind, factor in
      ComparedModel(
        name: name(kind, factor),
        stage: .autoencoder(try AutoencoderZoo.network(kind, factor: factor, seed: 0)),
        isTrained: false, isShipped: true)
    }
  }

  /// The block PCA that the bundled autoencoder of that f came with, learned from the pictures that it
  /// learned from; nil where there is none with as many directions.
  /// - Throws: `CheckpointError` where its file is damaged.
  static func analysis(factor: Int, components: Int) throws -> BlockPCA? {
    let file = "fixtures/autoencoders/kl-f\(factor)/\(BlockPCA.fileName)"
    guard let path = try? Shipped.path(file) else { return nil }
    let analysis = try BlockPCA(SafetensorsFile(path), factor: factor)
    return analysis.count == components ? analysis : nil
  }

  /// The last part of a path that is not taken yet.
  private static func name(for path: String, among models: [ComparedModel]) -> String {
    let url = URL(fileURLWithPath: path).standardizedFileURL
    let stem = plain(url.lastPathComponent)
    let taken = Set(models.map(\.name))
    guard taken.contains(stem) else { return stem }
    let longer = plain(url.deletingLastPathComponent().lastPathComponent) + "-" + stem
    guard taken.contains(longer) else { return longer }
    return (2...).lazy.map { "\(longer)-\($0)" }.first { !taken.contains($0) } ?? longer
  }

  /// Names are parts of file names as well.
  private static func plain(_ text: String) -> String {
    let kept = text.map { $0.isLetter || $0.isNumber || "-_.".contains($0) ? $0 : "-" }
    let name = String(kept.drop { $0 == "." })
    return name.isEmpty ? "model" : name
  }
}
