import Networks
import Tensors

/// A network that sees: pictures in, feature maps of growing abstraction out.
public protocol PerceptualFeatures: Sendable {
  /// - Parameters:
  ///   - images: [B, 3, H, W] in [−1, 1].
  ///   - pass: which probe looks on and which tape records.
  /// - Returns: channels-last maps [B, h, w, C], finest first.
  func features(of images: Tensor, _ pass: ForwardPass) -> [Tensor]
}

extension SceneClassifier: PerceptualFeatures {}

/// How different two pictures look to a network: the distance of their features, each pixel's made
/// a unit vector over its channels (LPIPS, Zhang et al. 2018, arXiv:1801.03924, Eq. 1, with equal
/// weights).
///
///     L = Σ over layers of mean over pixels of ‖f̂(x̂) − f̂(x)‖²,   f̂ = f / √(‖f‖² + ε)
public struct PerceptualLoss: Sendable {
  /// ε: keeps the gradient finite where no feature fires.
  static let epsilon: Float = 1e-6

  private let network: any PerceptualFeatures

  /// - Parameter network: what looks at the pictures; its weights stay as they are.
  public init(_ network: any PerceptualFeatures) { self.network = network }

  /// - Parameters:
  ///   - reconstruction: x̂, [B, 3, H, W] in [−1, 1].
  ///   - target: x, same shape.
  /// - Returns: L and ∂L/∂x̂.
  public func callAsFunction(
    _ reconstruction: Tensor, _ target: Tensor
  ) -> (value: Double, gradient: Tensor) {
    let wanted = network.features(of: target, ForwardPass())
    let tape = GradientTape(training: [])
    tape.watch(reconstruction)
    let found = network.features(of: reconstruction, ForwardPass(tape: tape))
    var value = 0.0
    var seeds: [(Tensor, Tensor)] = []
    for (found, wanted) in zip(found, wanted) {
      value += Self.distance(found, wanted)
      seeds.append((found, Self.gradient(found, wanted)))
    }
    let gradient = tape.backward(from: seeds)[reconstruction]
    return (value, gradient ?? .zeros(reconstruction.shape))
  }

  /// One layer's part.
  /// - Parameters:
  ///   - found: f(x̂), [..., C].
  ///   - wanted: f(x), same shape.
  /// - Returns: its distance; in the same sums however many threads there are.
  package static func distance(_ found: Tensor, _ wanted: Tensor) -> Double {
    let pixels = Pixels(found, wanted)
    return found.withUnsafeElements { found in
      wanted.withUnsafeElements { wanted in
        let sums = Threads.map((pixels.count + Pixels.block - 1) / Pixels.block) { index in
          let part = index * Pixels.block..<min((index + 1) * Pixels.block, pixels.count)
          return part.reduce(0.0) { $0 + Double(pixels.compare(found, wanted, at: $1).distance) }
        }
        return sums.reduce(0, +) / Double(max(pixels.count, 1))
      }
    }
  }

  /// The gradient of that distance with respect to f(x̂): (g − n (n·g)) / r with n the unit vector, r its
  /// length before, g = 2 (n − n') / pixels.
  package static func gradient(_ found: Tensor, _ wanted: Tensor) -> Tensor {
    let pixels = Pixels(found, wanted)
    let scale = 2 / Float(max(pixels.count, 1))
    return Tensor(found.shape) { out in
      found.withUnsafeElements { found in
        wanted.withUnsafeElements { wanted in
          Threads.split(pixels.count, grain: Pixels.block) { part in
            for pixel in part {
              let (r, s, along, _) = pixels.compare(found, wanted, at: pixel)
              for i in pixels.channels(of: pixel) {
                let n = found[i] / r
                out[i] = scale * (n - wanted[i] / s - n * along) / r
              }
            }
          }
        }
      }
    }
  }

  /// Feature maps as rows of channels.
  private struct Pixels {
    /// So many are summed before their sum is added to the others.
    static let block = 4096

    let count: Int
    private let features: Int

    init(_ found: Tensor, _ wanted: Tensor) {
      precondition(
        found.shape == wanted.shape, "features differ: \(found.shape) and \(wanted.shape)")
      features = found.shape.last ?? 1
      count = found.count / max(features, 1)
    }

    func channels(of pixel: Int) -> Range<Int> { pixel * features..<(pixel + 1) * features }

    /// The lengths r and s of both vectors, n·(n − n') and ‖n − n'‖² of the unit vectors.
    @inline(__always)
    func compare(
      _ found: UnsafeBufferPointer<Float>, _ wanted: UnsafeBufferPointer<Float>, at pixel: Int
    ) -> (r: Float, s: Float, along: Float, distance: Float) {
      let range = channels(of: pixel)
      let (r, s) = (length(found, range), length(wanted, range))
      var (along, distance) = (0 as Float, 0 as Float)
      for i in range {
        let n = found[i] / r
        let difference = n - wanted[i] / s
        distance += difference * difference
        along += n * difference
      }
      return (r, s, along, distance)
    }

    private func length(_ x: UnsafeBufferPointer<Float>, _ range: Range<Int>) -> Float {
      var sum = PerceptualLoss.epsilon
      for i in range { sum += x[i] * x[i] }
      return sum.squareRoot()
    }
  }
}
