import Evaluation
import Foundation
import Tensors

extension BlockPCA {
  /// The bits of coordinates, quantised by one step for all, as coarse as costs no more than 0.1 dB
  /// of the pictures' PSNR; coded by how often each value of a direction occurs.
  /// - Parameters:
  ///   - coordinates: [blocks, components].
  ///   - squaredError: the sum of the squared errors without quantisation.
  package func bits(of coordinates: Tensor, squaredError: Double) -> Double {
    // The directions are orthonormal: errors of coordinates are errors of pixels.
    let allowed = squaredError * (pow(10, 0.01) - 1)
    let index =
      QuantizerGrid.finest { index in
        let error = coordinates.quantized(at: index).meanSquaredError(from: coordinates)
        return error * Double(coordinates.count) > allowed
      } - 1
    let levels = coordinates.levels(at: max(index, QuantizerGrid.indices.lowerBound))
    return (0..<count).reduce(0) { sum, direction in
      sum
        + Entropy.bits(
          of: stride(from: direction, to: levels.count, by: count).map { levels[$0] })
    }
  }
}
