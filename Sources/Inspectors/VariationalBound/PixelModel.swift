import Checkpoints
import Diffusion
import Foundation
import LatentDiffusion
import Networks
import Tensors

/// A U-Net that paints pixels: no autoencoder, no words.
struct PixelModel {
  /// Its folder's name.
  let name: String
  let path: String
  let unet: UNet2DConditionModel
  let scheduler: SchedulerConfiguration

  /// Height and width of the pictures that it learned from.
  var size: (height: Int, width: Int) {
    let side = unet.configuration.sampleSize ?? [32, 32]
    return (side[0], side[1])
  }

  /// - Parameter path: a diffusers folder with `unet` and `scheduler`.
  /// - Throws: `FileError`, `JSONError`, `CheckpointError` or `ModelError`.
  init(opening path: String) throws {
    let files = try ModelFiles.open(path, parts: [.unet, .scheduler])
    guard let part = files.unet, let settings = files.scheduler else {
      throw ModelError.missingPart(
        model: path,
        part: files.unet == nil ? "the U-Net (unet)" : "the noise schedule (scheduler)",
        remedy: "expected a diffusers folder with 'unet' and 'scheduler'")
    }
    self.path = path
    name = URL(fileURLWithPath: path).lastPathComponent
    unet = try files.naming { try UNet2DConditionModel(part) }
    scheduler = try SchedulerConfiguration(settings)
    try requirePixels()
  }

  private func requirePixels() throws {
    let u = unet.configuration
    for (what, expected, found, fits) in [
      ("input channels of its U-Net", "3, as pixels have", "\(u.inChannels)", u.inChannels == 3),
      ("output channels of its U-Net", "3, as pixels have", "\(u.outChannels)", u.outChannels == 3),
      ("conditions", "none", "words or classes", !u.usesContext && u.classCount == nil),
    ] where !fits {
      throw ModelError.misfit(model: path, what: what, expected: expected, found: found)
    }
  }
}

extension PixelModel: NoisePredictor {
  var predictionType: PredictionType { scheduler.predictionType }

  func predict(_ x: Tensor, at t: Double) -> Prediction {
    Prediction(output: unet(x, timesteps: Array(repeating: Float(t), count: x.shape[0])))
  }
}

/// ε̂ and x̂_0 for pictures that hold each its own amount of noise.
protocol RowPredictor {
  /// - Parameters:
  ///   - x: x_t, a row for each of `levels`, shape [B, C, H, W].
  ///   - levels: how much noise each row holds.
  func predict(_ x: Tensor, at levels: [NoiseLevel]) -> (noise: Tensor, original: Tensor)
}

extension PixelModel: RowPredictor {
  /// All rows in one pass.
  func predict(_ x: Tensor, at levels: [NoiseLevel]) -> (noise: Tensor, original: Tensor) {
    let output = unet(x, timesteps: levels.map { Float($0.t) })
    let rows = levels.enumerated().map { row, level in
      let said = SaidBefore(
        predictionType: predictionType, output: output.rows(row..<row + 1))
      return said.evaluate(x.rows(row..<row + 1), at: level)
    }
    return rows.joined
  }

  /// What one pass over many rows said of one of them.
  private struct SaidBefore: NoisePredictor {
    let predictionType: PredictionType
    let output: Tensor
    func predict(_ x: Tensor, at t: Double) -> Prediction { Prediction(output: output) }
  }
}

extension MixtureDenoiser: RowPredictor {
  /// Row by row.
  func predict(_ x: Tensor, at levels: [NoiseLevel]) -> (noise: Tensor, original: Tensor) {
    levels.enumerated().map { row, level in evaluate(x.rows(row..<row + 1), at: level) }.joined
  }
}

extension [Evaluation] {
  fileprivate var joined: (noise: Tensor, original: Tensor) {
    (
      .concatenated(map(\.predictedNoise), along: 0),
      .concatenated(map(\.predictedOriginal), along: 0)
    )
  }
}
