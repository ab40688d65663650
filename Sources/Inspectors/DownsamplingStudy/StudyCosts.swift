import Foundation
import LatentDiffusion
import Networks
import Records
import Tensors

/// What LDM-f costs, in work and in memory. FLOPs are counted from the layers' shapes.
package struct StudyCosts: Sendable, Equatable {
  /// Floating-point operations of one picture: a pass of the U-Net, the decoder, the encoder.
  package var passFlops, decodeFlops, encodeFlops: Int
  /// Memory that a training step takes beyond what stood before, in bytes: of a whole batch, and of
  /// a single picture.
  package var batchBytes, pictureBytes: Int
  /// Seconds of one core to encode one picture, once before training.
  package var encodeSeconds: Double

  package init(
    passFlops: Int, decodeFlops: Int, encodeFlops: Int, batchBytes: Int, pictureBytes: Int,
    encodeSeconds: Double
  ) {
    (self.passFlops, self.decodeFlops, self.encodeFlops) = (passFlops, decodeFlops, encodeFlops)
    (self.batchBytes, self.pictureBytes) = (batchBytes, pictureBytes)
    self.encodeSeconds = encodeSeconds
  }
}

/// Takes the measures that need no long run.
enum CostMeter {
  /// Operations of the layers of one pass.
  static func flops(_ body: (ForwardPass) -> Void) -> Int {
    let probe = RecordingProbe()
    body(ForwardPass(probe: probe))
    return probe.layers.filter { $0.depth == 0 }.reduce(0) { $0 + $1.flops }
  }

  /// Operations of the decoder and of the encoder for one picture.
  static func flops(of firstStage: FirstStage, side: Int) -> (decode: Int, encode: Int) {
    guard let autoencoder = firstStage.autoencoder else { return (0, 0) }
    let picture = Tensor.zeros([1, 3, StudyNetwork.imageSize, StudyNetwork.imageSize])
    let latent = Tensor.zeros([1, firstStage.latentChannels, side, side])
    return (
      flops { _ = autoencoder.decode(latent, $0) }, flops { _ = autoencoder.encode(picture, $0) }
    )
  }

  /// The memory that `body` takes at its worst, in bytes; tensors that earlier work left for reuse
  /// are given back first.
  static func bytes(_ body: () -> Void) -> Int {
    BufferPool.shared.drain()
    return PeakMemory.measuring(body).bytes
  }
}
