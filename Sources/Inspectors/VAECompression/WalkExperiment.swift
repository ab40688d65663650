import Imaging
import Tensors

/// From one picture to another, in pixels and in latents.
///
///     x_λ = (1 − λ) x_A + λ x_B        x̂_λ = 𝒟((1 − λ) ℰ(x_A) + λ ℰ(x_B))
///
/// Between pictures lie two pictures shining through each other. Between latents lie other things,
/// the more so the larger f; but a first stage is trained to carry pictures, not to have pictures
/// everywhere in between, which is what the diffusion model is for.
package struct WalkExperiment: Sendable {
  /// λ
  package static let shares: [Double] = (0...6).map { Double($0) / 6 }

  /// One model's walk.
  package struct Walk: Sendable {
    package let model: ComparedModel
    /// One for each share.
    package let images: [Image]
    /// The mean square of the differences between neighbouring pixels: how much edge there is.
    package let edges: [Double]
  }

  package let walks: [Walk]
  /// max |x̂_0 − 𝒟(ℰ(x_A))|: a walk begins where the reconstruction is.
  package let endError: Double

  /// - Parameters:
  ///   - a, b: x_A and x_B, [1, 3, H, W], small.
  ///   - models: pixel space among them cross-fades.
  ///   - progress: called after each model.
  package init(
    from a: Tensor, to b: Tensor, models: [ComparedModel], progress: () -> Void = {}
  ) {
    precondition(a.shape == b.shape, "a walk between \(a.shape) and \(b.shape)")
    var endError = 0.0
    walks = models.map { model in
      defer { progress() }
      let (from, to) = (model.encode(a).mean, model.encode(b).mean)
      let latents = Self.shares.map {
        Tensor.weightedSum(Float(1 - $0), from, Float($0), to)
      }
      let decoded = model.decode(
        each: latents + [from], height: a.shape[2], width: a.shape[3])
      let (pictures, end) = (decoded.dropLast(), decoded[latents.count])
      endError = max(endError, Double(pictures[0].maxAbsDifference(from: end)))
      return Walk(
        model: model, images: pictures.map { Image($0) },
        edges: pictures.map { Self.edges(of: $0.clamped(to: -1...1)) })
    }
    self.endError = endError
  }

  private static func edges(of picture: Tensor) -> Double {
    let (height, width) = (picture.shape[2], picture.shape[3])
    guard height > 1, width > 1 else { return 0 }
    let across = picture.slice(1..<width, along: 3)
      .meanSquaredError(from: picture.slice(0..<width - 1, along: 3))
    let down = picture.slice(1..<height, along: 2)
      .meanSquaredError(from: picture.slice(0..<height - 1, along: 2))
    return across + down
  }
}

extension WalkExperiment.Walk {
  /// The edges at each share over those that a straight way between the ends would have.
  package var relativeEdges: [Double] {
    let (first, last) = (edges.first ?? 0, edges.last ?? 0)
    return zip(WalkExperiment.shares, edges).map { share, value in
      value / max((1 - share) * first + share * last, .leastNormalMagnitude)
    }
  }
}
