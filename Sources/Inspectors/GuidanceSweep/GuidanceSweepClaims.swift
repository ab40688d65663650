import Commands
import Diffusion
import Pages
import Tensors

// What the page claims with how well it holds, what to try next, and the table for the terminal.

/// What must be equal in every run, measured.
package enum SweepIdentities {
  /// ε_u + s·(ε_c − ε_u) against (1 + w)·ε_c − w·ε_u over all scales and steps, relative.
  /// - Parameter shift: w + shift is taken; 0 unless a test wants a wrong one.
  package static func conventions(_ sweep: SweepExperiment, shift: Double = 0) -> Double {
    sweep.walks.flatMap { walk in
      walk.frames.map { frame in
        let w = walk.scale - 1 + shift
        let program = Guidance(
          unconditional: frame.unconditional, conditional: frame.conditional, scale: walk.scale
        ).combined
        let paper = Tensor.combination(1 + w, frame.conditional, -w, frame.unconditional)
        return difference(paper, from: program)
      }
    }.max() ?? 0
  }

  /// The largest difference between the noises that the scales begin with.
  package static func oneNoise(_ sweep: SweepExperiment) -> Double {
    sweep.walks.map { Double($0.start.maxAbsDifference(from: sweep.walks[0].start)) }.max() ?? 0
  }

  /// The spread of what the rescaled U-Net says against φ·std(o_c) + (1 − φ)·std(o), over the steps,
  /// relative; o is the U-Net's own output, noise or velocity, which is what is rescaled.
  /// - Parameters:
  ///   - trial: the walk.
  ///   - rescale: the φ to check against; the trial's own unless a test wants a wrong one.
  package static func rescaling(_ trial: Remedies.Trial, rescale: Double? = nil) -> Double {
    let phi = rescale ?? trial.refinements.rescale
    return trial.walk.frames.compactMap { frame in
      guard let said = frame.prediction.guidance else { return nil }
      let plain = Guidance(
        unconditional: said.unconditional, conditional: said.conditional, scale: said.scale
      ).combined
      let wanted = phi * said.conditional.moments.std + (1 - phi) * plain.moments.std
      return abs(frame.prediction.output.moments.std - wanted) / wanted
    }.max() ?? 0
  }

  /// Where guidance does not act, the noise that is taken against ε_c, over the steps.
  package static func interval(_ trial: Remedies.Trial) -> Double {
    trial.walk.frames.map { frame in
      let acts = trial.refinements.act(at: NoiseLevel(t: frame.t, sigma: frame.sigma))
      return acts ? 0 : difference(frame.guided, from: frame.conditional)
    }.max() ?? 0
  }

  private static func difference(_ a: Tensor, from b: Tensor) -> Double {
    Double(a.maxAbsDifference(from: b) / max(b.maxAbs, .leastNormalMagnitude))
  }
}

extension GuidanceSweepPage {
  /// What is left of the way of an unguided sample by the steps of its walk.
  static let stepError = 0.04

  var residuals: [Residual] { guidanceResiduals + mixtureResiduals + tradeOffResiduals }

  private var guidanceResiduals: [Residual] {
    let trials = result.remedies.trials
    return [
      Residual(
        """
        \(math: "ε_u + s (ε_c − ε_u) = (1 + w) ε_c − w ε_u") with \(math: "w = s − 1"): largest \
        difference over all scales and steps, relative to the largest magnitude
        """, measured: SweepIdentities.conventions(result.sweep), bound: 1e-5),
      Residual(
        "All scales begin with one noise: largest difference",
        measured: SweepIdentities.oneNoise(result.sweep), bound: 0),
      Residual(
        """
        Rescaling: \(math: "std ( ε' ) = φ std ( ε_c ) + (1 − φ) std ( ε )") at every guided step, of \
        what the U-Net predicts, relative
        """, measured: SweepIdentities.rescaling(trials[1]), bound: 1e-4),
      Residual(
        "Outside its interval guidance does nothing: \(math: "ε = ε_c"), largest difference, relative",
        measured: SweepIdentities.interval(trials[2]), bound: 0),
    ]
  }

  private var mixtureResiduals: [Residual] {
    var residuals = [
      Residual(
        """
        Known data: guided noise is the score of \(math: "q_t(x) {q_t(c | x)}^s"), by differences of its \
        logarithm at three noise levels, relative to the largest score
        """, measured: result.mixture.scoreResidual(scales: scale.values), bound: 0.01)
    ]
    let ends = result.mixture.walks.compactMap { walk in
      walk.snapshots.last.map { (walk.scale, $0.wasserstein) }
    }
    if let own = ends.first(where: { $0.0 == 1 })?.1 {
      residuals.append(
        Residual(
          """
          Known data without guidance, s = 1: the samples are the class. Mean way to where they should \
          be; what is left is the size of the walk's steps
          """, measured: own, bound: Self.stepError))
    }
    if let strong = ends.filter({ $0.0 >= 2 }).map(\.1).min() {
      residuals.append(
        Residual(
          """
          Known data with s of 2 or more: the samples are not \(math: "p(x) {p(c | x)}^s"). That step \
          size, over the smallest mean way to where they should be
          """, measured: Self.stepError / strong, bound: 0.5))
    }
    return residuals
  }

  private var tradeOffResiduals: [Residual] {
    guard let shipped = result.shipped, let best = shipped.best,
      let recommended = shipped.points.first(where: { $0.scale == result.recommended })
    else { return [] }
    let top = best.accuracy
    return [
      Residual(
        """
        The recommended scale cannot be told from the most accurate: how much less of the captions it \
        gets right; the bound is the 95 % interval of the latter
        """, measured: top.value - recommended.accuracy.value,
        bound: top.value - top.interval.lowerBound, kind: .finding)
    ]
  }

  var suggestions: [Suggestion] {
    let prompt = result.request.prompt
    return [
      Suggestion(
        "guidance-sweep", ["--prompt", prompt, "--guidance-scale", "0,0.5,1,1.5,2"],
        because: "below 1: from no prompt to half a prompt"),
      Suggestion(
        "guidance-sweep",
        ["--prompt", prompt, "--guidance-scale", "1-8", "--guidance-rescale", "0.7"],
        because: "every scale rescaled"),
      Suggestion(
        "guidance-sweep", ["--prompt", prompt, "--guidance-interval", "0.3-5"],
        because: "guidance in the middle only"),
      Suggestion(
        "guidance-sweep", ["--prompt", prompt, "--negative-prompt", "night"],
        because: "lead away from something, not just from nothing"),
      Suggestion(
        "guidance-sweep", ["--evaluate", "200", "--steps", "25"],
        because: "measure the trade-off anew; a quarter of an hour or more"),
    ]
  }

  /// One row for each scale; with `--evaluate` what was measured.
  var summary: Summary {
    if let measured = result.measured {
      return Summary(
        columns: ["s", "w", "right", "95 %", "Frechet", "clipped", "diversity", ""],
        rows: measured.points.map { point in
          let (percent, interval) = (NumberFormat.percent(1), point.accuracy.interval)
          return [
            Values.text(point.scale), Values.text(point.scale - 1),
            percent.text(point.accuracy.value),
            "\(percent.text(interval.lowerBound))-\(percent.text(interval.upperBound))",
            NumberFormat.decimals(3).text(point.frechetDistance), percent.text(point.saturation),
            NumberFormat.decimals(3).text(point.diversity), point == measured.best ? "best" : "",
          ]
        })
    }
    return Summary(
      columns: ["s", "w", "clipped", "colour", "diversity", "W1 known data"],
      rows: zip(result.seeds.rows, result.mixture.walks).map { row, walk in
        [
          Values.text(row.scale), Values.text(row.scale - 1),
          NumberFormat.percent(1).text(row.saturation.clipped),
          NumberFormat.decimals(1).text(row.saturation.colourfulness),
          NumberFormat.decimals(3).text(row.diversity),
          NumberFormat.decimals(3).text(walk.snapshots.last?.wasserstein ?? .nan),
        ]
      })
  }
}
