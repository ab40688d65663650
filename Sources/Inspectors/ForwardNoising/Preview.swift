import Diffusion
import Imaging
import Tensors

/// Noisy pictures in a size that a page can hold.
///
/// Averaging a noisy picture down would average its noise away, and it would look clean. So x_0 alone
/// is averaged, and of the noise every n-th value is kept, which leaves it as strong as it is:
///
///     shown = √ᾱ_t · averaged(x_0) + thinned(x_t − √ᾱ_t · x_0)
///
/// Where the picture is small enough nothing is changed.
package struct Preview {
  /// x_0, averaged: shape [1, 3, h, w].
  package let original: Tensor
  /// ε, thinned.
  package let noise: Tensor
  /// averaged(x_0) − thinned(x_0) of what the chain walks; nil where they are the same.
  private let correction: Tensor?
  /// Whether the page shows fewer pixels than the picture has.
  package let isSmaller: Bool

  package var height: Int { original.shape[2] }
  package var width: Int { original.shape[3] }

  /// - Parameters:
  ///   - walked: what the chain walks, in any size.
  ///   - noise: ε, in the size of `picture`.
  ///   - pixels: the most that may be shown.
  init(of picture: Tensor, walked: Tensor, noise: Tensor, pixels: Int) {
    let limit = min(pixels, walked.shape[2] * walked.shape[3])
    original = picture.shrunk(toPixels: limit)
    let (height, width) = (original.shape[2], original.shape[3])
    self.noise = noise.thinned(height: height, width: width)
    isSmaller = original.shape != picture.shape
    correction = isSmaller ? original - walked.thinned(height: height, width: width) : nil
  }

  /// x_t of the closed form.
  package func closedForm(at level: NoiseLevel) -> Tensor {
    level.noisy(original: original, noise: noise)
  }

  /// x_t of the chain.
  func chain(_ sample: Tensor, at level: NoiseLevel) -> Tensor {
    guard let correction else { return sample }
    return .combination(
      1, sample.thinned(height: height, width: width), level.signalScale, correction)
  }
}

extension Tensor {
  /// Pictures with at most so many pixels, in the same proportions, each the mean of those that it
  /// covers; the same where they are few enough.
  func shrunk(toPixels limit: Int) -> Tensor {
    let (height, width) = (shape[2], shape[3])
    guard height * width > limit else { return self }
    let scale = (Double(limit) / Double(height * width)).squareRoot()
    return resized(
      height: max(Int(Double(height) * scale), 1), width: max(Int(Double(width) * scale), 1), .area)
  }

  /// Every n-th pixel of every n-th row, [B, C, height, width].
  func thinned(height: Int, width: Int) -> Tensor {
    let (oldHeight, oldWidth) = (shape[2], shape[3])
    guard (height, width) != (oldHeight, oldWidth) else { return self }
    let columns = (0..<width).map { (2 * $0 + 1) * oldWidth / (2 * width) }
    return Tensor([shape[0], shape[1], height, width]) { out in
      withUnsafeElements { source in
        for row in 0..<shape[0] * shape[1] * height {
          let from = row / height * oldHeight + (2 * (row % height) + 1) * oldHeight / (2 * height)
          for (x, column) in columns.enumerated() {
            out[row * width + x] = source[from * oldWidth + column]
          }
        }
      }
    }
  }
}
