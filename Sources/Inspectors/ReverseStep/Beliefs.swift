import Diffusion
import Foundation
import Pages
import Records
import Tensors

/// What a predictor that knows the data believes at each step: how likely each picture is.
///
///     q(k | x_t) ∝ w_k · N(x_t; √ᾱ_t·μ_k, (ᾱ_t·σ² + 1 − ᾱ_t)·I)
struct Beliefs {
  let mixture: GaussianMixture
  /// One picture for each component.
  let pictures: [Picture]
  /// The steps whose beliefs are known: every one of a walk.
  let steps: [ReverseExperiment.Belief]
  /// q(k | x_t) for each kept step.
  let weights: [[Double]]
  /// The true variance of x_{t−1} given x_t, averaged over pixels, for each kept step.
  let trueVariances: [Double]

  init(_ mixture: GaussianMixture, pictures: [Picture], experiment: ReverseExperiment) {
    self.mixture = mixture
    self.pictures = pictures
    steps = experiment.beliefs
    let known = Dictionary(steps.map { ($0.t, $0.weights) }) { first, _ in first }
    let kept = experiment.frames.map { (frame: $0, weights: known[$0.ledger.t] ?? []) }
    let spread = mixture.isotropicVariance
    trueVariances = kept.map { frame, weights in
      let posterior = Posterior(frame.step.transition)
      let alphaBar = frame.step.transition.from.alphaCumprod
      // Given x_t and the component, x_0 is Gaussian around a·x_t + b·μ_k.
      let total = alphaBar * spread + 1 - alphaBar
      let within = spread * (1 - alphaBar) / total
      let between = mixture.spread(of: weights) * ((1 - alphaBar) / total).squared
      return posterior.variance + posterior.originalCoefficient.squared * (within + between)
    }
    weights = kept.map(\.weights)
  }

  /// For a walk: it must end at one of the pictures, or as far from it as its grain, which many steps are
  /// needed for.
  /// - Parameter steps: of the walk.
  func residuals(for result: Tensor, steps: Int) -> [Residual] {
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
        """, measured: abs(nearest - grain), bound: 0.02,
        kind: grain > 0 && steps < 500 ? .finding : .identity)
    ]
  }

  /// `beliefs.csv`: a row for each step in the order of the walk, `t` 0-based; the signal-to-noise
  /// ratio there, how undecided the predictor is, and the weight of each picture, which sum to 1.
  var table: CSVTable {
    CSVTable(
      steps,
      [
        Column("step", \.number), Column("t", \.t), Column("snr", \.snr),
        Column("entropy_bits", \.entropy),
      ] + (0..<mixture.count).map { k in Column("picture_\(k + 1)") { $0.weights[k] } })
  }

  func section(_ t: Axis) -> Section {
    let entropy = Quantity("H(k | x_t)", "how undecided the predictor is", .prediction)
    let strongest = Quantity("max q(k | x_t)", "the belief in the likeliest picture", .signal)
    // A walk runs down in t; a chart runs up.
    let order = steps.sorted { $0.t < $1.t }
    let timesteps = order.map { Double($0.t) }
    return Section("What the predictor believes") {
      Text(explanation)
      PictureGrid(
        pictures.enumerated().map { k, picture in
          Figure(
            Prose("picture \(k + 1)"), .fixed(picture),
            note: .over(t, weights.map { NumberFormat.percent(1).text($0[k]) }))
        }, width: 110)
      Row {
        Chart(
          "How much it believes in the likeliest picture", x: .linear("timestep t"),
          y: .linear("belief", in: 0...1.05),
          curves: [
            Curve(of: strongest, x: timesteps, y: order.map { $0.weights.max() ?? 0 })
          ], cursor: t)
        Chart(
          "How undecided it is", x: .linear("timestep t"), y: .linear("entropy in bits"),
          curves: [Curve(of: entropy, x: timesteps, y: order.map(\.entropy))], cursor: t)
      }
    }
  }

  private var explanation: Prose {
    guard let first = steps.max(by: { $0.t < $1.t }), let best = first.weights.max() else {
      return ""
    }
    let belief = NumberFormat.percent(0).text(best)
    guard first.snr > 0 else {
      return """
        How likely each picture is, given \(math: "x_t"). At t = \(first.t) nothing of a picture is \
        left in \(math: "x_t"): every picture is as likely as any other, and \(math: "x̂_0") is their \
        true average. Watch one of them win while all that one sees is still noise.
        """
    }
    return """
      How likely each picture is, given \(math: "x_t"). A picture has so many pixels that a whisper of \
      signal decides, and this schedule keeps one to its end: \(math: "√ᾱ_t") is \
      \(NumberFormat.automatic.text((first.snr / (1 + first.snr)).squareRoot())) at t = \(first.t). \
      Noise that resembles a picture by chance is taken for that signal, so \(belief) of the belief lie \
      on one picture there already. With --rescale-zero-snr the walk begins undecided.
      """
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
