import Storybook
import Tensors

/// What autoencoders learn from: pieces of storybook scenes and of textures, each cut out of its
/// picture at random and mirrored at random.
///
/// Batch number i is always the same: a run that goes on where it stopped needs no state of this.
public struct PictureCrops: Sendable {
  /// What pieces are cut out of.
  public let pictures: PictureMix
  /// Pixels a side of a piece; the whole picture at the pictures' own size.
  public let size: Int
  /// Pieces in a batch.
  public let batchSize: Int
  private let seed: UInt64

  /// - Precondition: a piece is no larger than a picture.
  public init(of pictures: PictureMix, size: Int, batchSize: Int, seed: UInt64) {
    precondition(
      1...pictures.textures.size ~= size,
      "pieces of \(size) out of \(pictures.textures.size) pixels")
    (self.pictures, self.size, self.batchSize) = (pictures, size, batchSize)
    self.seed = seed ^ 0xC407
  }

  /// The pieces of training step `index`, from 0.
  /// - Returns: [batchSize, 3, size, size] in [−1, 1].
  public func batch(_ index: Int) -> Tensor {
    let first = index * batchSize
    let whole = pictures.pictures(first..<first + batchSize)
    return Tensor([batchSize, 3, size, size]) { out in
      for i in 0..<batchSize { cut(whole, i, number: first + i, to: out) }
    }
  }

  private func cut(
    _ whole: Tensor, _ i: Int, number: Int, to out: UnsafeMutableBufferPointer<Float>
  ) {
    let side = pictures.textures.size
    var random = SplitMix(seed: seed, index: UInt64(number))
    let (left, top) = (
      random.index(below: side - size + 1), random.index(below: side - size + 1)
    )
    let isMirrored = random.index(below: 2) == 1
    whole.withUnsafeElements { whole in
      for channel in 0..<3 {
        for y in 0..<size {
          let from = ((3 * i + channel) * side + top + y) * side + left
          let to = ((3 * i + channel) * size + y) * size
          for x in 0..<size { out[to + x] = whole[from + (isMirrored ? size - 1 - x : x)] }
        }
      }
    }
  }
}
