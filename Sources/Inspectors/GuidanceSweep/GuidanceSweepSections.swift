import Commands
import Diffusion
import Evaluation
import Imaging
import LatentDiffusion
import Pages
import Tensors
import Training

// MARK: - Saturation and diversity

extension GuidanceSweepPage {
  /// How many noises are shown.
  private static let mostNoises = 6

  var costSection: Section {
    let rows = result.seeds.rows
    return Section("What a large scale costs") {
      Text(
        """
        The same prompt from \(rows[0].pictures.shape[0]) noises. As the scale grows colours run into the \
        ends of their range. Whether pictures of one prompt grow alike as well, the last curve shows: \
        their distances are those of a classifier's features, which hardly see contrast. So few pictures \
        tell it roughly; the trade-off below has two pictures each of \(TradeOff.repeated) captions.
        """)
      Choice(scale)
      Pictures(
        (0..<min(rows[0].pictures.shape[0], Self.mostNoises)).map { noise in
          Figure(
            "seed \(Prose(String(result.request.seed &+ UInt64(noise))))",
            .over(scale, rows.map { Picture(shown: Image($0.pictures.rows(noise..<noise + 1))) }))
        }, columns: Self.mostNoises)
      Row {
        overScales(
          "Clipped, finished pictures", .linear("share of pixels"), clipped,
          rows.map(\.saturation.clipped))
        overScales(
          "Colourfulness", .linear("colourfulness"), colour, rows.map(\.saturation.colourfulness))
        overScales("Diversity", .linear("mean distance"), diversity, rows.map(\.diversity))
      }
      Table("In numbers", rows, GuidanceSweepFiles.scaleColumns, follows: scale)
    }
  }

  private func overScales(
    _ title: Prose, _ y: Scale, _ quantity: Quantity, _ values: [Double]
  ) -> Chart {
    Chart(
      title, x: .linear("guidance scale s"), y: y,
      curves: [Curve(of: quantity, x: scale.values, y: values)], cursor: scale)
  }
}

// MARK: - The trade-off

extension GuidanceSweepPage {
  var tradeOffSection: [Section] {
    var sections: [Section] = []
    if let measured = result.measured {
      sections.append(
        section(
          measured, "The trade-off, measured in this run",
          "Measured just now, \(result.request.steps) steps."))
    }
    if let shipped = result.shipped {
      sections.append(
        section(
          shipped, "The trade-off of the bundled model",
          """
          Measured once, with the command that stands beside the model, and bundled with it as \
          \(code: "fixtures/model/report/guidance.csv")\(result.report == nil ? "." : ", without the LoRA.")
          """))
    }
    return sections
  }

  private func section(_ tradeOff: TradeOff, _ title: String, _ origin: Prose) -> Section {
    let points = tradeOff.points
    let scales = points.map(\.scale)
    let accuracy = Quantity("right", "share of captions that are wholly right", .condition)
    let least = Quantity(
      "\"95 % from\"", "where the truth lies in 95 of 100 such measurements begins", .condition)
    let most = Quantity("\"to\"", "and where it ends", .condition)
    let distance = Quantity("Fréchet", "distance to the true scenes", .error)
    let markers =
      (tradeOff.best.map { [Marker.x(.fixed($0.scale), "best", .condition)] } ?? [])
      + (result.recommended == tradeOff.best?.scale
        ? [] : [Marker.x(.fixed(result.recommended), "recommended")])
    let equal = tradeOff.equallyAccurate.map(\.scale)
    let band = Marker.region(
      x: equal[0]...equal[equal.count - 1], "not told apart", .neutral)
    return Section(title) {
      Text("\(origin) \(verdict(tradeOff))")
      Row {
        Chart(
          "Caption accuracy", x: .linear("guidance scale s"), y: .linear("share of captions"),
          curves: [
            Curve(of: accuracy, x: scales, y: points.map(\.accuracy.value)),
            Curve(
              of: least, x: scales, y: points.map(\.accuracy.interval.lowerBound), style: .dashed
            ),
            Curve(
              of: most, x: scales, y: points.map(\.accuracy.interval.upperBound), style: .dashed
            ),
          ], markers: markers + (equal.count > 1 ? [band] : []))
        Chart(
          "Fréchet distance", x: .linear("guidance scale s"), y: .linear("distance"),
          curves: [Curve(of: distance, x: scales, y: points.map(\.frechetDistance))],
          markers: markers)
        Chart(
          "One against the other", x: .linear("caption accuracy"), y: .linear("Fréchet distance"),
          curves: [
            Curve(
              of: distance, x: points.map(\.accuracy.value), y: points.map(\.frechetDistance))
          ]
            + (tradeOff.best.map {
              [
                Curve(
                  of: Quantity("best", "the best scale", .condition), x: [$0.accuracy.value],
                  y: [$0.frechetDistance], style: .points)
              ]
            } ?? []))
      }
      Table("Scale by scale", points, tradeOff.columns)
    }
  }

  /// Which scale is best, and how sure that is.
  private func verdict(_ tradeOff: TradeOff) -> Prose {
    guard let best = tradeOff.best else {
      return """
        No scale is named the best: at none of them did a picture show its whole caption, of \
        \(tradeOff.points[0].pictures) captions each.
        """
    }
    let equal = tradeOff.equallyAccurate
    let interval = best.accuracy.interval
    let percent = NumberFormat.percent(1)
    let comparison: Prose =
      best.scale == result.recommended
      ? "It is the scale that the model's folder recommends."
      : "The model's folder recommends \(Values.text(result.recommended))."
    let certainty: Prose =
      equal.count == 1
      ? "No other scale's accuracy lies in that interval."
      : """
      The accuracies of \(equal.map { Values.text($0.scale) }.joined(separator: ", ")) lie in that \
      interval: so many captions cannot tell them apart. Of these the Fréchet distance is smallest at \
      \(math: "s") = \(Values.text(tradeOff.nearest.scale)).
      """
    return """
      The best scale is the one with most captions wholly right; of several such the one whose pictures \
      are nearest to the true scenes: \(math: "s") = \(Values.text(best.scale)), with \
      \(percent.text(best.accuracy.value)) of \(best.pictures) captions, 95 % interval \
      \(percent.text(interval.lowerBound)) to \(percent.text(interval.upperBound)). \(comparison) \
      \(certainty)
      """
  }
}

// MARK: - Remedies and negative prompts

extension GuidanceSweepPage {
  var remedySection: Section {
    let remedies = result.remedies
    return Section("Against the harm of a large scale") {
      Text(
        """
        At \(math: "s") = \(Values.text(remedies.scale)), from the same noise. Rescaling (Lin et al.) \
        brings the spread of the guided noise back towards that of \(conditional). An interval \
        (Kynkäänniemi et al.) guides at middle noise levels only; elsewhere the U-Net is asked once \
        instead of twice. Whether either helps this model with this prompt, pictures and table say.
        """)
      LiveFormula(
        "ε' = φ \(fraction: "std ( ε_c )", "std ( ε )") ε + ( 1 − φ ) ε",
        reading:
          "φ = 0 leaves the guided noise, φ = 1 gives it the spread that the prompt alone has.")
      Pictures(remedies.trials.map(figure), columns: remedies.trials.count)
      Timeline(step)
      Table(
        "What each does to the finished picture", remedies.trials, GuidanceSweepFiles.remedyColumns)
    }
  }

  var negativeSection: Section {
    let trials = result.remedies.negative
    return Section("Away from something") {
      Text(
        """
        A negative prompt takes the place of the empty one in \(unconditional): guidance then leads away \
        from what it says, not just from nothing. Unless one is given, it is here the first thing that the \
        prompt itself asks for. At the recommended \(math: "s") = \
        \(Values.text(trials[0].walk.scale)), from the same noise.
        """)
      Pictures(trials.map(figure), columns: 3)
      Timeline(step)
    }
  }

  private func figure(_ trial: Remedies.Trial) -> Figure {
    Figure(
      Prose(trial.name),
      .over(step, trial.walk.frames.map { Picture(shown: $0.believed) }),
      note: .over(step, trial.walk.frames.map { $0.isGuided ? "guided" : "prompt alone" }))
  }
}
