import Foundation
import Imaging
import Storybook
import Tensors

/// Pieces of one's own pictures at several scales: a piece covers between its own size and four times
/// that, so that a network meets fine grain and whole things alike.
public struct PhotographCrops: Sendable {
  /// How many times its own size a piece covers at most, on a side.
  public static let largestScale = 4.0

  /// What is trained on.
  public let training: [Image]
  /// What is not: a tenth, of five pictures or more at least one.
  public let heldOut: [Image]
  /// Sums of the pixels of `training`: every place is met as often as any other.
  private let areas: [Int]

  /// - Parameter images: RGB, at least one.
  public init(_ images: [Image]) {
    precondition(!images.isEmpty, "no pictures to learn from")
    func isHeldOut(_ index: Int) -> Bool { images.count >= 5 && index % 10 == 4 }
    training = images.indices.filter { !isHeldOut($0) }.map { images[$0] }
    heldOut = images.indices.filter(isHeldOut).map { images[$0] }
    var sum = 0
    areas = training.map { image in
      sum += image.width * image.height
      return sum
    }
  }

  /// The middle of each held-out picture, shrunk until its shorter side just fits.
  /// - Parameters:
  ///   - size: pixels a side.
  ///   - most: no more pictures than these.
  /// - Returns: [n, 3, size, size] in [−1, 1]; nil when none is held out.
  public func heldOutPieces(_ size: Int, most: Int) -> Tensor? {
    guard !heldOut.isEmpty else { return nil }
    return .concatenated(
      heldOut.prefix(most).map { $0.tensor.covering(height: size, width: size, .area) }, along: 0)
  }

  /// A square at a random place and scale, mirrored at random.
  /// - Returns: [1, 3, size, size] in [−1, 1].
  package func piece(_ size: Int, _ random: inout SplitMix) -> Tensor {
    let place = random.index(below: areas.last ?? 1)
    let image = training[areas.firstIndex { place < $0 } ?? 0]
    let most = min(Double(min(image.width, image.height)) / Double(size), Self.largestScale)
    let scale = exp(Double(random.uniform(0...1)) * log(max(most, 1)))
    let side = min(Int(scale * Double(size)), image.width, image.height)
    let (left, top) = (
      random.index(below: image.width - side + 1), random.index(below: image.height - side + 1)
    )
    let isMirrored = random.index(below: 2) == 1
    let square = Tensor([1, 3, side, side]) { out in
      for channel in 0..<3 {
        for y in 0..<side {
          let from = (top + y) * image.width + left
          let to = (channel * side + y) * side
          for x in 0..<side {
            let column = isMirrored ? side - 1 - x : x
            out[to + x] = Float(image.pixels[3 * (from + column) + channel]) / 127.5 - 1
          }
        }
      }
    }
    return square.resized(height: size, width: size, .area)
  }
}
