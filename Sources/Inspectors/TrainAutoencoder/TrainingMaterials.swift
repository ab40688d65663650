import Imaging
import LatentDiffusion
import Networks
import Tensors
import Training

/// What a person brings to a training: an autoencoder to begin with, and pictures.
struct TrainingMaterials {
  /// The autoencoder of `--from`.
  let source: (any Autoencoder)?
  /// The pictures of `--images`.
  let photographs: PhotographCrops?
  /// The folder with a digest of its pictures; empty for none. A run goes on with the same only.
  let imagesIdentity: String

  /// - Parameters:
  ///   - from: a model or autoencoder.
  ///   - images: a folder of pictures.
  ///   - least: the fewest pixels on the shorter side of a picture that is of use.
  /// - Throws: `FileError`, `PictureFolderError`, `CheckpointError`, `JSONError`, `ModelError`.
  init(from: String?, images: String?, least: Int) throws {
    source = try from.flatMap { try FirstStage(opening: $0).autoencoder }
    let folder = try images.map { try PictureFolder(reading: $0, least: least) }
    photographs = folder.map { PhotographCrops($0.entries.map(\.image)) }
    imagesIdentity = folder.map { "\(images ?? "") (\($0.fingerprint))" } ?? ""
  }

  /// The autoencoder of `--from` with parameters that can change.
  func learner() -> (any Autoencoder)? {
    source?.parameters.forEach { $0.widen() }
    return source
  }
}
