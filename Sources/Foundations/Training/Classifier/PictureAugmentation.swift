import Storybook
import Tensors

/// What a decoder does to a picture, roughly: a shift, softness, a little noise, colours slightly
/// off. A classifier that is trained on such pictures reads decoded ones as well.
public struct PictureAugmentation: Sendable {
  /// Pixels in each direction.
  public var shift = 5
  /// The most passes of a [1 2 1]/4 blur; four passes are a Gaussian of σ = 1.4 pixels.
  public var blur = 5
  /// The largest standard deviation of the noise, in units of [−1, 1].
  public var noise: Float = 0.10
  /// The largest relative change of contrast and shift of brightness.
  public var tone: Float = 0.06

  /// Augmentation of the strengths above.
  public init() {}

  /// Changes pictures; what happens to each depends on the seed and its number alone.
  /// - Parameters:
  ///   - pictures: [B, 3, S, S] in [−1, 1].
  ///   - seed: of everything that is drawn.
  ///   - first: the number of the first of them.
  /// - Returns: same shape and range.
  public func augmented(_ pictures: Tensor, seed: UInt64, first: Int) -> Tensor {
    let (count, size) = (pictures.shape[0], pictures.shape[2])
    precondition(
      pictures.rank == 4 && pictures.shape[3] == size, "expected squares, found \(pictures.shape)")
    let length = pictures.count / max(count, 1)
    return Tensor(pictures.shape) { out in
      pictures.withUnsafeElements { from in
        nonisolated(unsafe) let from = from
        nonisolated(unsafe) let out = out
        Threads.split(count, grain: 1) { range in
          var spare = [Float](repeating: 0, count: length)
          for i in range {
            var random = SplitMix(seed: seed ^ 0x7EA2, index: UInt64(first + i))
            let place = (i * length)..<((i + 1) * length)
            change(
              UnsafeBufferPointer(rebasing: from[place]),
              UnsafeMutableBufferPointer(rebasing: out[place]), &spare, size, &random)
          }
        }
      }
    }
  }

  private func change(
    _ from: UnsafeBufferPointer<Float>, _ out: UnsafeMutableBufferPointer<Float>,
    _ spare: inout [Float], _ size: Int, _ random: inout SplitMix
  ) {
    let (dx, dy) = (
      random.index(below: 2 * shift + 1) - shift, random.index(below: 2 * shift + 1) - shift
    )
    let contrast = 1 + random.uniform(-tone...tone)
    let brightness = random.uniform(-tone...tone)
    let planes = out.count / (size * size)
    for row in 0..<planes * size {
      let (plane, y) = (row / size, row % size)
      let source = (plane * size + min(max(y + dy, 0), size - 1)) * size
      for x in 0..<size {
        out[row * size + x] = from[source + min(max(x + dx, 0), size - 1)] * contrast + brightness
      }
    }
    let passes = random.index(below: blur + 1)
    spare.withUnsafeMutableBufferPointer { spare in
      for _ in 0..<passes {
        Self.blurRows(UnsafeBufferPointer(out), spare, size)
        Self.blurColumns(UnsafeBufferPointer(spare), out, size)
      }
    }
    // A uniform draw of standard deviation σ reaches √3 σ.
    let reach = random.uniform(0...noise) * (3 as Float).squareRoot()
    for i in out.indices {
      out[i] = min(max(out[i] + random.uniform(-reach...reach), -1), 1)
    }
  }

  private static func blurRows(
    _ from: UnsafeBufferPointer<Float>, _ to: UnsafeMutableBufferPointer<Float>, _ size: Int
  ) {
    for start in stride(from: 0, to: from.count, by: size) {
      for x in 1..<max(size - 1, 1) {
        let i = start + x
        to[i] = 0.25 * (from[i - 1] + 2 * from[i] + from[i + 1])
      }
      to[start] = 0.25 * (3 * from[start] + from[start + min(1, size - 1)])
      let end = start + size - 1
      to[end] = 0.25 * (3 * from[end] + from[max(end - 1, start)])
    }
  }

  private static func blurColumns(
    _ from: UnsafeBufferPointer<Float>, _ to: UnsafeMutableBufferPointer<Float>, _ size: Int
  ) {
    for row in 0..<from.count / size {
      let y = row % size
      let above = (y > 0 ? row - 1 : row) * size
      let below = (y < size - 1 ? row + 1 : row) * size
      for x in 0..<size {
        to[row * size + x] =
          0.25 * (from[above + x] + 2 * from[row * size + x] + from[below + x])
      }
    }
  }
}
