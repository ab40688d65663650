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
      let layer = Self.distance(found, wanted)
      value += layer.value
      seeds.append((found, layer.gradient))
    }
    let gradient = tape.backward(from: seeds)[reconstruction]
    return (value, gradient ?? .zeros(reconstruction.shape))
  }

  /// One layer's part.
  /// - Parameters:
  ///   - found: f(x̂), [..., C].
  ///   - wanted: f(x), same shape.
  /// - Returns: the distance and its gradient with respect to f(x̂):
  ///   (g − n (n·g)) / r with n the unit vector, r its length before, g = 2 (n − n') / pixels.
  package static func distance(_ found: Tensor, _ wanted: Tensor) -> (
    value: Double, gradient: Tensor
  ) {
    precondition(
      found.shape == wanted.shape, "features differ: \(found.shape) and \(wanted.shape)")
    let channels = found.shape.last ?? 1
    let pixels = found.count / max(channels, 1)
    let scale = 2 / Float(max(pixels, 1))
    var total = 0.0
    let gradient = Tensor(found.shape) { out in
      found.withUnsafeElements { found in
        wanted.withUnsafeElements { wanted in
          for start in stride(from: 0, to: found.count, by: channels) {
            let range = start..<start + channels
            let (r, s) = (length(found, range), length(wanted, range))
            var (along, distance) = (0 as Float, 0 as Float)
            for i in range {
              let n = found[i] / r
              let difference = n - wanted[i] / s
              distance += difference * difference
              along += n * difference
            }
            total += Double(distance)
            for i in range {
              let n = found[i] / r
              out[i] = scale * (n - wanted[i] / s - n * along) / r
            }
          }
        }
      }
    }
    return (total / Double(max(pixels, 1)), gradient)
  }

  private static func length(_ x: UnsafeBufferPointer<Float>, _ range: Range<Int>) -> Float {
    var sum = epsilon
    for i in range { sum += x[i] * x[i] }
    return sum.squareRoot()
  }
}
