import Commands
import Diffusion
import Foundation
import Tensors

/// Data that a predictor knows, and how many bits it takes at least to name a picture of it.
struct KnownData {
  /// What no code can beat, in bits per dimension of an 8-bit picture.
  struct Entropy {
    let bits: Double
    /// Of `bits`, where they are the mean over random draws.
    let standardError: Double
    /// −log q of the very pictures whose bound is measured.
    let ofPictures: [Double]
  }

  let mixture: GaussianMixture
  /// x_0 whose bound is measured, shape [N, C, H, W].
  let pictures: Tensor
  let entropy: Entropy

  private static let draws = 512
  private static let turns = 4

  /// A set of pictures, each as likely as any other: all of them are measured, four times since
  /// chance decides when the noise gives one away. To name one of K takes log₂ K bits, and less for one
  /// that the set holds more than once.
  /// - Parameter images: shape [K, C, H, W].
  init(images: Tensor) {
    let images = images.roundedToBytes
    pictures = .concatenated(Array(repeating: images, count: Self.turns), along: 0)
    mixture = KnownPictures.mixture(of: images, hasGrain: false)
    let contents = (0..<images.shape[0]).map { images.rows($0..<$0 + 1).elements }
    let bits = contents.map { picture in
      let alike = contents.count { $0 == picture }
      return log2(Double(contents.count) / Double(alike)) / Double(picture.count)
    }
    entropy = Entropy(
      bits: bits.mean, standardError: 0,
      ofPictures: (0..<Self.turns).flatMap { _ in bits })
  }

  /// The pictures with grain: a few draws are measured, and the entropy is the mean of −log q over
  /// more of them. It is a differential entropy, put on the scale of 8 bits by the width of a bin.
  /// - Parameters:
  ///   - images: shape [K, C, H, W].
  ///   - count: how many draws are measured.
  init(grainOn images: Tensor, count: Int, generator: TorchGenerator) {
    let mixture = KnownPictures.mixture(of: images, hasGrain: true)
    let drawn = mixture.sample(max(Self.draws, count), generator: generator)
    let bits = mixture.logDensity(drawn, at: .clean).map {
      (-$0 / Double(mixture.dimension) - log(LikelihoodBound.binWidth)) / M_LN2
    }
    self.mixture = mixture
    pictures = drawn.rows(0..<count)
    entropy = Entropy(
      bits: bits.mean, standardError: bits.standardError, ofPictures: Array(bits[..<count]))
  }
}

extension Tensor {
  /// Pictures as an 8-bit file holds them: what the decoder of the bound names.
  var roundedToBytes: Tensor {
    clamped(to: -1...1).map { (($0 + 1) * 127.5).rounded() / 127.5 - 1 }
  }
}

extension [Double] {
  var mean: Double { reduce(0, +) / Double(count) }

  /// Of the mean; not a number for fewer than two.
  var standardError: Double {
    let mean = mean
    let square = reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (square / Double(count - 1) / Double(count)).squareRoot()
  }
}
