import ArgumentParser
import Diffusion
import Foundation
import Tensors
import Tracing

/// Who predicts the noise: three that know the data, and a network.
enum PredictorKind: String, CaseIterable, ExpressibleByArgument, Decodable {
  case trueNoise = "true-noise"
  case imageSet = "image-set"
  case mixture
  case model

  var explanation: Prose {
    switch self {
    case .trueNoise: "The predictor knows the picture, so it knows the noise: \(math: "ε̂ = ε")."
    case .imageSet:
      """
      The predictor knows that the data is one of a few pictures, not which one: the best guess is \
      their average, weighted by how well each explains \(math: "x_t").
      """
    case .mixture:
      """
      The predictor knows that the data is one of a few pictures with grain on top: a mixture of \
      Gaussians in the space of all pixels, whose best guess is known in closed form.
      """
    case .model:
      """
      The predictor is a U-Net that listens to a prompt. The walk is in the model's own space: the \
      pictures are decoded latents, and noise is shown channel by channel.
      """
    }
  }
}

/// What a predictor that knows the data makes of each kept step.
struct Beliefs {
  let mixture: GaussianMixture
  /// One picture for each component.
  let pictures: [Picture]
  /// q(k | x_t) for each kept step.
  let weights: [[Double]]
  /// The true variance of x_{t−1} given x_t, averaged over pixels, for each kept step.
  let trueVariances: [Double]

  init(_ mixture: GaussianMixture, pictures: [Picture], frames: [ReverseExperiment.Frame]) {
    self.mixture = mixture
    self.pictures = pictures
    let spread = mixture.isotropicVariance
    let weights = frames.map { frame in
      mixture.responsibilities(frame.step.current, at: frame.step.transition.from)[0]
    }
    trueVariances = zip(frames, weights).map { frame, weights in
      let posterior = Posterior(frame.step.transition)
      let alphaBar = frame.step.transition.from.alphaCumprod
      // Given x_t and the component, x_0 is Gaussian around a·x_t + b·μ_k.
      let total = alphaBar * spread + 1 - alphaBar
      let within = spread * (1 - alphaBar) / total
      let between = mixture.spread(of: weights) * ((1 - alphaBar) / total).squared
      return posterior.variance + posterior.originalCoefficient.squared * (within + between)
    }
    self.weights = weights
  }

  /// For a walk: it must end at one of the pictures, or as far from it as its grain.
  func residuals(for result: Tensor) -> [Residual] {
    let distances = (0..<mixture.count).map {
      result.meanSquaredError(from: mixture.means.rows($0..<$0 + 1))
    }
    let nearest = distances.min()?.squareRoot() ?? .infinity
    let grain = mixture.isotropicVariance.squareRoot()
    return [
      Residual(
        """
        The walk ends at one of the pictures: distance to the nearest (root mean square)\
        \(grain > 0 ? ", beyond the grain" : "")
        """, measured: abs(nearest - grain), bound: 0.02)
    ]
  }

  /// How undecided each kept step is, in bits: 0 when one picture is certain.
  private var entropies: [Double] {
    weights.map { $0.reduce(0) { $1 > 0 ? $0 - $1 * log2($1) : $0 } }
  }

  func section(_ t: Axis, _ timesteps: [Int]) -> Section {
    let entropy = Quantity("H(k | x_t)", "how undecided the predictor is", .prediction)
    // A walk runs down in t; a chart runs up.
    let order = timesteps.indices.sorted { timesteps[$0] < timesteps[$1] }
    return Section("What the predictor believes") {
      Text(
        """
        How likely each picture is, given \(math: "x_t"). A picture has so many pixels that the \
        choice falls within the first few steps, while all that one sees is still noise.
        """)
      PictureGrid(
        pictures.enumerated().map { k, picture in
          Figure(
            Prose("picture \(k + 1)"), .fixed(picture),
            note: .over(t, weights.map { NumberFormat.percent(1).text($0[k]) }))
        }, width: 110)
      Chart(
        "How undecided it is", x: .linear("timestep t"), y: .linear("entropy in bits"),
        curves: [
          Curve(
            of: entropy, x: order.map { Double(timesteps[$0]) }, y: order.map { entropies[$0] })
        ], cursor: t)
    }
  }
}

extension GaussianMixture {
  /// The one variance of all components.
  /// - Precondition: they are isotropic and equal.
  var isotropicVariance: Double {
    guard case .isotropic(let values) = variances, Set(values).count == 1 else {
      preconditionFailure("components of different width")
    }
    return values[0]
  }

  /// Σ w_k·‖μ_k‖² − ‖Σ w_k·μ_k‖² per dimension: how far apart the pictures are that are still
  /// possible.
  func spread(of weights: [Double]) -> Double {
    var mean = Tensor.zeros([1] + means.shape.dropFirst())
    var meanSquare = 0.0
    for (k, weight) in weights.enumerated() where weight > 0 {
      let picture = means.rows(k..<k + 1)
      mean = Tensor.weightedSum(1, mean, Float(weight), picture)
      meanSquare += weight * picture.moments.meanSquare
    }
    return max(meanSquare - mean.moments.meanSquare, 0)
  }
}

extension Double {
  fileprivate var squared: Double { self * self }
}
